// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/utc.h"

#include <limits>

#include <catch2/catch.hpp>

using namespace kdumpkit;

TEST_CASE("a time is written in UTC, and what is no time as 1970") {
    CHECK(utc_text(1795395723) == "2026-11-23T01:02:03Z");
    CHECK(utc_text(1795395723, "%Y%m%dT%H%M%SZ") == "20261123T010203Z");
    CHECK(utc_text(std::numeric_limits<std::int64_t>::max()) == "1970-01-01T00:00:00Z");
}
