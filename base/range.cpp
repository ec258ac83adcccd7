// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/range.h"

#include <algorithm>

namespace kdumpkit {

Range Range::intersection(const Range& other) const {
    const std::uint64_t low = std::max(begin, other.begin);
    const std::uint64_t high = std::min(end, other.end);
    return low < high ? Range{low, high} : Range{low, low};
}

RangeSet::RangeSet(std::initializer_list<Range> ranges) {
    for (const Range& range : ranges)
        add(range);
}

void RangeSet::add(Range range) {
    if (range.empty())
        return;
    // Everything that overlaps or touches melts into one.
    auto first = std::lower_bound(ranges_.begin(), ranges_.end(), range.begin,
                                  [](const Range& r, std::uint64_t begin) { return r.end < begin; });
    auto last = first;
    while (last != ranges_.end() && last->begin <= range.end) {
        range.begin = std::min(range.begin, last->begin);
        range.end = std::max(range.end, last->end);
        ++last;
    }
    ranges_.insert(ranges_.erase(first, last), range);
}

void RangeSet::subtract(Range range) {
    if (range.empty())
        return;
    std::vector<Range> rest;
    rest.reserve(ranges_.size() + 1);
    for (const Range& r : ranges_) {
        if (!r.overlaps(range)) {
            rest.push_back(r);
            continue;
        }
        if (r.begin < range.begin)
            rest.push_back({r.begin, range.begin});
        if (range.end < r.end)
            rest.push_back({range.end, r.end});
    }
    ranges_ = std::move(rest);
}

void RangeSet::subtract(const RangeSet& other) {
    for (const Range& range : other.ranges_)
        subtract(range);
}

RangeSet RangeSet::intersection(const RangeSet& other) const {
    RangeSet result;
    for (const Range& a : ranges_)
        for (const Range& b : other.ranges_)
            result.add(a.intersection(b));
    return result;
}

bool RangeSet::contains(const Range& range) const {
    return range.empty() ||
           std::any_of(ranges_.begin(), ranges_.end(), [&](const Range& r) { return r.contains(range); });
}

bool RangeSet::contains(std::uint64_t value) const {
    const auto it = std::upper_bound(ranges_.begin(), ranges_.end(), value,
                                     [](std::uint64_t v, const Range& r) { return v < r.end; });
    return it != ranges_.end() && it->contains(value);
}

std::uint64_t RangeSet::total() const {
    std::uint64_t sum = 0;
    for (const Range& range : ranges_)
        sum += range.size();
    return sum;
}

std::optional<std::uint64_t> checked_add(std::uint64_t a, std::uint64_t b) {
    std::uint64_t sum = 0;
    return __builtin_add_overflow(a, b, &sum) ? std::nullopt : std::optional(sum);
}

std::optional<std::uint64_t> checked_mul(std::uint64_t a, std::uint64_t b) {
    std::uint64_t product = 0;
    return __builtin_mul_overflow(a, b, &product) ? std::nullopt : std::optional(product);
}

std::optional<std::uint64_t> align_up(std::uint64_t value, std::uint64_t alignment) {
    const auto sum = checked_add(value, alignment - 1);
    return sum ? std::optional(align_down(*sum, alignment)) : std::nullopt;
}

} // namespace kdumpkit
