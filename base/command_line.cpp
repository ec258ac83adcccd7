// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/command_line.h"

#include <algorithm>

namespace kdumpkit {

std::vector<std::string> split_command_line(std::string_view text) {
    std::vector<std::string> words;
    std::string word;
    bool quoted = false;
    for (const char c : text) {
        if (c == '"')
            quoted = !quoted;
        if (!quoted && (c == ' ' || c == '\t' || c == '\n')) {
            if (!word.empty())
                words.push_back(std::move(word));
            word.clear();
            continue;
        }
        word += c;
    }
    if (!word.empty())
        words.push_back(std::move(word));
    return words;
}

bool same_parameter_name(std::string_view a, std::string_view b) {
    return std::ranges::equal(a, b,
                              [](char x, char y) { return (x == '-' ? '_' : x) == (y == '-' ? '_' : y); });
}

} // namespace kdumpkit
