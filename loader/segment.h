// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "base/range.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kdumpkit::loader {

inline constexpr std::uint64_t page = 4096;

// Something that wants a place in the reservation. Sizes in bytes.
struct Demand {
    std::string name;
    std::uint64_t content = 0;      // bytes to load
    std::uint64_t memory = 0;       // bytes of memory it gets, at least `content`; zeroed after the content
    std::uint64_t alignment = page; // a power of two
    bool lowest = false;            // from the bottom up, otherwise from the top down
    std::optional<std::uint64_t> at = {};  // only there (`lowest` is then not looked at)
    Range within = {0, ~std::uint64_t{0}}; // all of its memory lies here
};

// Where it went.
struct Segment {
    std::string name;
    std::uint64_t content = 0;
    Range memory; // page-aligned
    friend bool operator==(const Segment&, const Segment&) = default;
};

// A placement of everything; a value that can be shown before anything is loaded.
struct Plan {
    std::string room = "reservation"; // what `rooms` are, for people
    std::vector<Range> rooms;         // where segments may be, ascending
    std::uint64_t kept_free = 0;      // for the kernel's own page tables and control pages
    std::vector<Segment> segments;

    [[nodiscard]] Range hull() const { return {rooms.front().begin, rooms.back().end}; }
    // What the segments leave of the rooms.
    [[nodiscard]] RangeSet free() const;

    // By name; it must exist.
    [[nodiscard]] const Segment& segment(std::string_view name) const;
    // One line a segment, with addresses and sizes, for people.
    [[nodiscard]] std::string text() const;
};

// Pure. Every segment is page-aligned, inside `reservation` and apart from the others, and at least
// `kept_free` bytes in one piece stay free (the kernel allocates page tables and control pages between the
// segments, kimage_alloc_crash_control_pages()). When it does not fit: `absent`, saying by how many bytes the
// reservation is too small and what was demanded; `unsupported` when it lies where a demand cannot be.
Result<Plan> place_segments(const Range& reservation, const std::vector<Demand>& demands,
                            std::uint64_t kept_free);
// The same in several pieces of memory, for a kernel that is started by a reboot.
Result<Plan> place_in_memory(const RangeSet& memory, const std::vector<Demand>& demands,
                             std::uint64_t kept_free);

} // namespace kdumpkit::loader
