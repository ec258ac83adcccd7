// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace kdumpkit {

// A half-open range [begin, end) of addresses, bytes or pfns. Empty when begin == end; begin <= end always.
// The last byte of the address space cannot be inside one: no memory that we handle reaches it.
struct Range {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;

    [[nodiscard]] std::uint64_t size() const { return end - begin; }
    [[nodiscard]] bool empty() const { return begin == end; }
    [[nodiscard]] bool contains(std::uint64_t value) const { return begin <= value && value < end; }
    [[nodiscard]] bool contains(const Range& other) const { return begin <= other.begin && other.end <= end; }
    [[nodiscard]] bool overlaps(const Range& other) const { return begin < other.end && other.begin < end; }
    [[nodiscard]] Range intersection(const Range& other) const;
    friend bool operator==(const Range&, const Range&) = default;
};

// A sorted set of ranges that neither overlap nor touch; a value.
class RangeSet {
  public:
    RangeSet() = default;
    RangeSet(std::initializer_list<Range> ranges);

    void add(Range range);
    void subtract(Range range);
    void subtract(const RangeSet& other);
    [[nodiscard]] RangeSet intersection(const RangeSet& other) const;
    // All of `range` is inside (an empty range always is).
    [[nodiscard]] bool contains(const Range& range) const;
    [[nodiscard]] bool contains(std::uint64_t value) const;
    [[nodiscard]] std::uint64_t total() const;
    [[nodiscard]] const std::vector<Range>& ranges() const { return ranges_; }
    [[nodiscard]] bool empty() const { return ranges_.empty(); }
    friend bool operator==(const RangeSet&, const RangeSet&) = default;

  private:
    std::vector<Range> ranges_;
};

// Arithmetic on numbers that came from outside; nullopt when the result does not fit.
std::optional<std::uint64_t> checked_add(std::uint64_t a, std::uint64_t b);
std::optional<std::uint64_t> checked_mul(std::uint64_t a, std::uint64_t b);
// Power-of-two alignment. align_up saturates to nullopt on overflow.
constexpr std::uint64_t align_down(std::uint64_t value, std::uint64_t alignment) {
    return value & ~(alignment - 1);
}
std::optional<std::uint64_t> align_up(std::uint64_t value, std::uint64_t alignment);

} // namespace kdumpkit
