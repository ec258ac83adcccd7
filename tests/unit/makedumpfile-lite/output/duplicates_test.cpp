// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/format/duplicates.h"

#include <catch2/catch.hpp>

using kdumpkit::dump::format::Duplicates;

TEST_CASE("what was remembered is found, and nothing else") {
    Duplicates table(Duplicates::default_bytes);
    const Duplicates::Stored stored{123, 456, 4096};
    CHECK_FALSE(table.find(99));
    table.remember(99, stored);
    CHECK(table.find(99) == stored);
    CHECK_FALSE(table.find(99 | std::uint64_t{1} << 50)); // same set, another tag
    CHECK_FALSE(table.find(100));
}

TEST_CASE("the largest numbers that fit come back whole, larger ones are not remembered") {
    Duplicates table(4096);
    const Duplicates::Stored largest{(std::uint64_t{1} << 40) - 1, (std::uint64_t{1} << 48) - 1, 65536};
    table.remember(1, largest);
    CHECK(table.find(1) == largest);
    table.remember(2, {std::uint64_t{1} << 40, 1, 1});
    table.remember(2, {1, std::uint64_t{1} << 48, 1});
    table.remember(2, {1, 1, 65537});
    table.remember(2, {1, 1, 0});
    CHECK_FALSE(table.find(2));
}

TEST_CASE("a full set forgets what was not asked for longest") {
    Duplicates table(64); // one set of four
    const auto hash = [](std::uint64_t n) { return n << 40; };
    for (std::uint64_t n = 1; n <= 4; ++n)
        table.remember(hash(n), {n, n, 1});
    CHECK(table.find(hash(1))->pfn == 1); // asked for: 2 is the oldest now
    table.remember(hash(5), {5, 5, 1});
    CHECK(table.find(hash(1)));
    CHECK_FALSE(table.find(hash(2)));
    CHECK(table.find(hash(3)));
    CHECK(table.find(hash(5)));
}
