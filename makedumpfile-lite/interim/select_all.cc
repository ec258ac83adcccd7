// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/filter.h"

namespace kdumpkit::dump {
Result<Selection> select_all(const Image& image) {
    const auto& ranges = image.memory().ranges();
    const std::uint64_t limit = ranges.empty() ? 0 : ranges.back().end / 4096;
    Selection selection{PageSet(limit), PageSet(limit), {}, {}};
    for (const Range& range : ranges) {
        selection.memory.insert(range.begin / 4096, range.end / 4096);
        selection.kept.insert(range.begin / 4096, range.end / 4096);
    }
    selection.counts.total = selection.counts.kept = selection.memory.count();
    return selection;
}
} // namespace kdumpkit::dump
