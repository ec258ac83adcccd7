// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/text.h"

#include <catch2/catch.hpp>

using namespace kdumpkit;

TEST_CASE("trimmed and lower_case") {
    CHECK(trimmed(" \ta b\t\r") == "a b");
    CHECK(trimmed(" \r").empty());
    CHECK(trimmed("").empty());
    CHECK(lower_case("1B4E-28ba\xc4") == "1b4e-28ba\xc4");
}

TEST_CASE("kib_of finds a whole key at the start of a line") {
    constexpr std::string_view text =
        "MemTotal:     155000 kB\nSwapCached: 1 kB\nCached:\t7 kB\nEmpty:\nLast: 9";
    CHECK(kib_of(text, "MemTotal") == 155000);
    CHECK(kib_of(text, "Cached") == 7);
    CHECK(kib_of(text, "Last") == 9);
    CHECK_FALSE(kib_of(text, "Empty"));
    CHECK_FALSE(kib_of(text, "Mem"));
    CHECK_FALSE(kib_of("", "MemTotal"));
}
