// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/erase/erased_range.h"

#include <algorithm>
#include <utility>

namespace kdumpkit::dump {

void settle(std::vector<ErasedRange>& ranges) {
    std::stable_sort(ranges.begin(), ranges.end(),
                     [](const ErasedRange& a, const ErasedRange& b) { return a.begin < b.begin; });
    std::vector<ErasedRange> settled;
    for (ErasedRange range : ranges) {
        if (!settled.empty())
            range.begin = std::max(range.begin, settled.back().end);
        if (range.begin >= range.end)
            continue;
        if (!settled.empty() && settled.back().end == range.begin && settled.back().fill == range.fill)
            settled.back().end = range.end;
        else
            settled.push_back(range);
    }
    ranges = std::move(settled);
}

} // namespace kdumpkit::dump
