// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/split.h"

#include <algorithm>

namespace kdumpkit::dump {

std::vector<Range> split_pfns(const PageSet& kept, std::uint64_t limit, std::size_t parts,
                              std::uint64_t block) {
    std::vector<Range> ranges;
    block = std::max<std::uint64_t>(block, 1);
    std::uint64_t left = kept.count(0, limit);
    std::uint64_t begin = 0;
    std::uint64_t at = 0;
    for (std::size_t part = 0; part + 1 < parts; ++part) {
        // An equal share of what is left, so that one large block does not starve the last part.
        const std::uint64_t share = left / (parts - part);
        std::uint64_t held = 0;
        while (held < share) {
            const auto next = kept.next(at);
            if (!next || *next >= limit)
                break;
            at = *next / block * block;
            const std::uint64_t end = std::min(limit, at + block);
            held += kept.count(std::max(at, begin), end);
            at = end;
        }
        ranges.push_back({begin, std::max(at, begin)});
        begin = ranges.back().end;
        left -= held;
    }
    ranges.push_back({begin, std::max(limit, begin)});
    return ranges;
}

} // namespace kdumpkit::dump
