// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/reservation_size.h"

#include <catch2/catch.hpp>

using namespace kdumpkit;
using namespace kdumpkit::admin;
using Catch::Matchers::Contains;

TEST_CASE("sizes of a reservation") {
    CHECK(parse_size("192M") == std::uint64_t{192} << 20);
    CHECK(parse_size("1g") == std::uint64_t{1} << 30);
    CHECK(parse_size("262144K") == std::uint64_t{256} << 20);
    for (const char* text : {"", "M", "192", "192MB", "-1M", "0x10M", "16M", "99999999999999999999G",
                             "999999G", "1.5G", "19 2M"}) {
        CAPTURE(text);
        const auto size = parse_size(text);
        REQUIRE_FALSE(size);
        CHECK(size.error().kind == ErrorKind::invalid);
    }
}

TEST_CASE("no more than the machine has can be reserved") {
    const char* const meminfo = "MemTotal:        2000000 kB\nMemFree: 1 kB\n"; // 1953 MiB
    CHECK(check_fits({"1900M", false, {}}, meminfo, 0));
    const auto much = check_fits({"2G", false, {}}, meminfo, 0);
    REQUIRE_FALSE(much);
    CHECK(much.error().kind == ErrorKind::invalid);
    CHECK_THAT(much.error().message(), Contains("reserve 2") && Contains("this machine has 1.9 GiB"));
    CHECK_FALSE(check_fits({"1G", false, "1G"}, meminfo, 0)); // both together
    CHECK(check_fits({"2000M", false, {}}, meminfo,
                     std::uint64_t{192} << 20));  // what is reserved is memory, too
    CHECK(check_fits({"64G", false, {}}, "", 0)); // not known
}
