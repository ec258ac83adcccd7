// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/source/extent_map.h"

#include <algorithm>

namespace kdumpkit::dump {

std::uint64_t ExtentMap::claim(const Extent& extent) {
    std::uint64_t taken = 0;
    std::uint64_t at = extent.begin;
    while (at < extent.end) {
        ++steps_;
        // The neighbour that may cover `at`, then the gap up to the one after it.
        auto above = building_.upper_bound(at);
        if (above != building_.begin()) {
            const Extent& below = std::prev(above)->second;
            if (at < below.end) {
                const std::uint64_t stop = std::min(below.end, extent.end);
                const bool same = below.offset - below.begin == extent.offset - extent.begin; // modulo 2^64
                taken += same ? 0 : stop - at;
                at = stop;
                continue;
            }
        }
        const std::uint64_t stop = above == building_.end() ? extent.end : std::min(above->first, extent.end);
        building_.emplace(at, Extent{at, stop, extent.offset + (at - extent.begin)});
        at = stop;
    }
    return taken;
}

void ExtentMap::seal() {
    extents_.clear();
    for (const auto& [begin, extent] : building_) {
        if (!extents_.empty() && extents_.back().end == extent.begin &&
            extents_.back().offset + (extents_.back().end - extents_.back().begin) == extent.offset)
            extents_.back().end = extent.end;
        else
            extents_.push_back(extent);
    }
    building_.clear();
    extents_.shrink_to_fit();
}

const Extent* ExtentMap::at_or_after(std::uint64_t paddr) const {
    const auto found = std::upper_bound(extents_.begin(), extents_.end(), paddr,
                                        [](std::uint64_t value, const Extent& e) { return value < e.end; });
    return found == extents_.end() ? nullptr : &*found;
}

RangeSet ExtentMap::pages(std::uint64_t page_size) const {
    RangeSet set;
    for (const Extent& extent : extents_) {
        const auto end = align_up(extent.end, page_size);
        set.add({align_down(extent.begin, page_size), end ? *end : align_down(extent.end, page_size)});
    }
    return set;
}

} // namespace kdumpkit::dump
