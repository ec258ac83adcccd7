// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/spelling.h"

#include <algorithm>
#include <numeric>

namespace kdumpkit {

std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i + 1;
        for (std::size_t j = 0; j < b.size(); ++j) {
            const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
        }
    }
    return row.back();
}

std::string nearest(std::string_view word, const std::vector<std::string>& known) {
    std::string best;
    std::size_t best_distance = std::max<std::size_t>(word.size() / 3, 2) + 1; // two letters swapped: 2
    for (const std::string& candidate : known) {
        if (const std::size_t d = edit_distance(word, candidate); d < best_distance) {
            best = candidate;
            best_distance = d;
        }
    }
    return best;
}

} // namespace kdumpkit
