// SPDX-License-Identifier: GPL-2.0-or-later
#include "config/last_resort.h"

#include <catch2/catch.hpp>

using namespace kdumpkit;

TEST_CASE("a last resort is a filesystem that the settings allow, by any or by UUID in either case") {
    Settings settings;
    CHECK_FALSE(may_be_last_resort(settings, "1234-ABCD"));
    settings.last_resort = {"UUID=1234-abcd"};
    CHECK(may_be_last_resort(settings, "1234-ABCD"));
    CHECK_FALSE(may_be_last_resort(settings, "1234-ABCE"));
    settings.last_resort = {"any"};
    CHECK(may_be_last_resort(settings, "1234-ABCE"));
    CHECK(is_last_resort_type("xfs"));
    CHECK_FALSE(is_last_resort_type("gfs2"));
}
