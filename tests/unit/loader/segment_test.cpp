// SPDX-License-Identifier: GPL-2.0-or-later
#include "loader/segment.h"

#include <catch2/catch.hpp>

using namespace kdumpkit;
using namespace kdumpkit::loader;
using Catch::Matchers::Contains;

namespace {
constexpr std::uint64_t mib = 1 << 20;
const std::vector<Demand> usual{{"kernel", 13 * mib, 51 * mib, 2 * mib, true},
                                {"purgatory", 4960, 4960, page, false},
                                {"initrd", 5 * mib + 1, 5 * mib + 1, page, false}};
} // namespace

TEST_CASE("segments are aligned, apart and inside, at whatever the reservation") {
    for (const Range reservation : {Range{0x33000000, 0x3f000000}, Range{0x16f001000, 0x17efff000},
                                    Range{0x1000, 0x1000 + 61 * mib}, Range{0x12345678, 0x22345678}}) {
        const auto plan = place_segments(reservation, usual, mib);
        REQUIRE(plan);
        std::uint64_t used = 0;
        for (std::size_t i = 0; i < usual.size(); ++i) {
            const Segment& segment = plan->segments[i];
            CHECK(segment.name == usual[i].name);
            CHECK(reservation.contains(segment.memory));
            CHECK(segment.memory.begin % usual[i].alignment == 0);
            CHECK(segment.memory.end % page == 0);
            CHECK(segment.memory.size() >= usual[i].memory);
            used += segment.memory.size();
            for (std::size_t j = 0; j < i; ++j)
                CHECK_FALSE(segment.memory.overlaps(plan->segments[j].memory));
        }
        CHECK(reservation.size() - used >= mib);
    }
}

TEST_CASE("a reservation that is too small is short by a number of bytes, and the table is shown") {
    // 51 MiB + 8 KiB + 5 MiB and a page + 1 MiB kept free, in 50 MiB.
    const auto plan = place_segments({0x10000000, 0x10000000 + 50 * mib}, usual, mib);
    REQUIRE_FALSE(plan);
    CHECK(exit_code(plan.error()) == exit_codes::absent);
    const std::uint64_t missing = 51 * mib + 2 * page + 5 * mib + page + mib - 50 * mib;
    CHECK_THAT(plan.error().message(), Contains("too small by " + std::to_string(missing) + " bytes"));
    CHECK_THAT(plan.error().message(), Contains("kernel") && Contains("initrd") && Contains("kept free") &&
                                           Contains("crashkernel=121M"));
    // With exactly that much more it fits.
    CHECK(place_segments({0x10000000, 0x10000000 + 50 * mib + missing}, usual, mib));
    CHECK_FALSE(place_segments({0x10000000, 0x10000000 + 50 * mib + missing - page}, usual, mib));
}

TEST_CASE("hostile sizes do not wrap around") {
    for (const std::uint64_t size : {~0ULL, ~0ULL - 4096, 1ULL << 63}) {
        CHECK_FALSE(place_segments({0x1000, 0x100000}, {{"kernel", size, size, 2 * mib, true}}, 0));
        CHECK_FALSE(place_segments({0x1000, 0x100000}, {{"initrd", size, size, page, false}}, 0));
        CHECK_FALSE(place_segments({0x1000, 0x100000}, {{"initrd", 1, 1, page, false}}, size));
    }
    CHECK_FALSE(place_segments({0x1000, 0x1000}, {{"initrd", 1, 1, page, false}}, 0));
    CHECK_FALSE(place_segments({0x1001, 0x1fff}, {{"initrd", 1, 1, page, true}}, 0));
    CHECK_FALSE(place_segments({0x100000, 0x200000}, {{"kernel", 1, 1, 1ULL << 62, false}}, 0));
}

TEST_CASE("what can be in one place only is there, and the others make room") {
    const Range reservation{0x10000000, 0x20000000};
    std::vector<Demand> demands = usual;
    demands[0].at = 0x1c000000; // where the others would go
    const auto plan = place_segments(reservation, demands, mib);
    REQUIRE(plan);
    CHECK(plan->segment("kernel").memory == Range{0x1c000000, 0x1c000000 + 51 * mib});
    CHECK(plan->segments[0].name == "kernel");
    for (const Segment& one : plan->segments)
        for (const Segment& other : plan->segments)
            CHECK((&one == &other || !one.memory.overlaps(other.memory)));
    CHECK(plan->free().total() == reservation.size() - 51 * mib - 2 * page - 5 * mib - page);
    demands[0].at = 0x1000000;
    const auto outside = place_segments(reservation, demands, mib);
    CHECK(exit_code(outside.error()) == exit_codes::unsupported);
    CHECK_THAT(outside.error().message(), Contains("runs at 0x1000000 only") && Contains("SIZE@0x1000000"));
    demands[0].at = reservation.end - page;
    CHECK_FALSE(place_segments(reservation, demands, mib));
    demands[0].at = ~0ULL;
    CHECK_FALSE(place_segments(reservation, demands, mib));
}

TEST_CASE("what has to lie in some part of memory lies there, or is refused") {
    const Range reservation{0x10000000, 0x20000000};
    std::vector<Demand> demands = usual;
    demands[1].within = {0x10000000, 0x18000000}; // top down
    const auto plan = place_segments(reservation, demands, mib);
    REQUIRE(plan);
    CHECK(plan->segments[1].memory.end == 0x18000000);
    demands[0].within = {0x1f000000, ~0ULL};
    const auto refused = place_segments(reservation, demands, mib);
    CHECK(exit_code(refused.error()) == exit_codes::unsupported);
    CHECK_THAT(refused.error().message(), Contains("the kernel of") &&
                                              Contains("has to lie in 0x1f000000-") &&
                                              Contains("reservation 0x10000000-0x1fffffff"));
    demands[0].within = {0x20000000, 0x30000000};
    CHECK_FALSE(place_segments(reservation, demands, mib));
    CHECK_FALSE(place_in_memory(RangeSet{reservation}, demands, 0));
}

TEST_CASE("in memory of several pieces each demand finds one that is large enough") {
    const RangeSet memory{{0x1000000, 0x1100000}, {0x2000000, 0x8000000}, {0x9000000, 0x9010000}};
    const auto plan = place_in_memory(memory, usual, 0);
    REQUIRE(plan);
    CHECK(plan->segment("kernel").memory.begin == 0x2000000);
    CHECK(plan->segment("purgatory").memory.end == 0x9010000);
    CHECK(plan->segment("initrd").memory.end == 0x8000000);
    const auto refused = place_in_memory(RangeSet{{0x1000000, 0x1100000}}, usual, 0);
    CHECK(exit_code(refused.error()) == exit_codes::absent);
    CHECK_THAT(refused.error().message(), Contains("the kernel in memory") && Contains("initrd"));
    CHECK_FALSE(place_in_memory({}, usual, 0));
}
