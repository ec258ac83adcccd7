// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace kdumpkit::dump {

// Physical memory [begin, end) that reads as `fill` in the dump.
struct ErasedRange {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    std::byte fill{};
    friend bool operator==(const ErasedRange&, const ErasedRange&) = default;
};

// Sorts, cuts overlaps (the first one wins) and melts neighbours. Pure.
void settle(std::vector<ErasedRange>& ranges);

} // namespace kdumpkit::dump
