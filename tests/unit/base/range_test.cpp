// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/range.h"

#include <catch2/catch.hpp>

using namespace kdumpkit;

TEST_CASE("ranges that touch or overlap melt into one") {
    RangeSet set{{0x1000, 0x2000}, {0x3000, 0x4000}};
    REQUIRE(set.ranges().size() == 2);
    set.add({0x2000, 0x3000});
    REQUIRE(set.ranges() == std::vector<Range>{{0x1000, 0x4000}});
    set.add({0x3fff, 0x5000});
    REQUIRE(set.total() == 0x4000);
}

TEST_CASE("subtracting splits, trims and removes") {
    RangeSet set{{0, 100}, {200, 300}};
    set.subtract(Range{50, 60});
    REQUIRE(set.ranges() == std::vector<Range>{{0, 50}, {60, 100}, {200, 300}});
    set.subtract(Range{90, 210});
    REQUIRE(set.ranges() == std::vector<Range>{{0, 50}, {60, 90}, {210, 300}});
    set.subtract(Range{0, 1000});
    REQUIRE(set.empty());
}

TEST_CASE("containment is of the whole range") {
    const RangeSet set{{0, 100}, {200, 300}};
    CHECK(set.contains(Range{10, 100}));
    CHECK_FALSE(set.contains(Range{90, 210}));
    CHECK(set.contains(std::uint64_t{299}));
    CHECK_FALSE(set.contains(std::uint64_t{300}));
    CHECK(set.intersection(RangeSet{{50, 250}}) == RangeSet{{50, 100}, {200, 250}});
}

TEST_CASE("arithmetic on foreign numbers does not wrap") {
    CHECK_FALSE(checked_add(~0ULL, 1));
    CHECK_FALSE(checked_mul(1ULL << 40, 1ULL << 30));
    CHECK_FALSE(align_up(~0ULL, 4096));
    CHECK(align_up(4097, 4096) == 8192);
}
