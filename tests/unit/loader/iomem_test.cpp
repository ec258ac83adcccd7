// SPDX-License-Identifier: GPL-2.0-or-later
#include "fixtures.h"
#include "loader/iomem.h"
#include "loader/reservation.h"

#include <catch2/catch.hpp>

using namespace kdumpkit;
using namespace kdumpkit::loader;
using Catch::Matchers::Contains;

TEST_CASE("iomem lines become half-open ranges with names and depths") {
    const auto entries = parse_iomem(fixtures::iomem);
    REQUIRE(entries);
    CHECK((*entries)[0] == IomemEntry{{0, 0x1000}, "Reserved", 0});
    CHECK((*entries)[7] == IomemEntry{{0x2e400000, 0x2f201ef2}, "Kernel code", 1});
    CHECK(system_ram(*entries) == RangeSet{{0x1000, 0x9fc00}, {0x100000, 0x3ffd7000}});
    CHECK(crash_kernel_ranges(*entries) == std::vector<Range>{{0x33000000, 0x3f000000}});
    CHECK(named_range(*entries, "Kernel code") == Range{0x2e400000, 0x2f201ef2});
    CHECK(named_range(*entries, "Nothing").empty());
}

TEST_CASE("RAM that a driver added counts as System RAM, persistent memory does not") {
    const auto entries =
        parse_iomem("100000000-13fffffff : System RAM (kmem)\n"
                    "140000000-17fffffff : virtio0\n  140000000-147ffffff : System RAM (virtio_mem)\n"
                    "180000000-1bfffffff : Persistent Memory\n");
    REQUIRE(entries);
    CHECK(system_ram(*entries) == RangeSet{{0x100000000, 0x148000000}});
}

TEST_CASE("iomem as unprivileged users see it asks for root") {
    const auto entries = parse_iomem("00000000-00000000 : Reserved\n00000000-00000000 : System RAM\n");
    REQUIRE_FALSE(entries);
    CHECK(entries.error().kind == ErrorKind::invalid);
    CHECK_THAT(entries.error().message(), Contains("run this as root"));
}

TEST_CASE("iomem that is not iomem is refused with its line") {
    for (const char* text : {"1000-1fff : System RAM\ngarbage\n", "2000-1fff : System RAM\n",
                             "10000000000000000-2 : x\n", "12-zz : x\n", "1-2 x\n"}) {
        const auto entries = parse_iomem(text);
        REQUIRE_FALSE(entries);
        CHECK(entries.error().kind == ErrorKind::corrupt);
        CHECK_THAT(entries.error().message(), Contains("line "));
    }
    CHECK(parse_iomem("").error().kind == ErrorKind::absent);
    CHECK(parse_iomem("fffffffffffffff0-ffffffffffffffff : Reserved")->front().range.end == ~0ULL);
}

TEST_CASE("the highest of several reservations is the one that takes segments") {
    const auto entries =
        parse_iomem("00100000-bffd6fff : System RAM\n  ae000000-bdffffff : Crash kernel\n"
                    "100000000-17fffffff : System RAM\n  16f000000-17effffff : Crash kernel\n");
    const auto reservation = find_reservation(*entries, "268435456", "crashkernel=256M,high", "");
    REQUIRE(reservation);
    CHECK(reservation->main == Range{0x16f000000, 0x17f000000});
    CHECK(reservation->all.size() == 2);
    CHECK(reservation->total() == 0x20000000);
    CHECK(reservation->ranges().contains(Range{0xae000000, 0xbe000000}));
}

TEST_CASE("a reservation that reaches outside System RAM is refused") {
    for (const char* crash : {"  2f000000-4effffff", "  50000000-5fffffff"}) {
        const auto entries =
            parse_iomem(std::string("00100000-3ffd6fff : System RAM\n") + crash + " : Crash kernel\n");
        const auto reservation = find_reservation(*entries, "1", "crashkernel=512M", "");
        REQUIRE_FALSE(reservation);
        CHECK(exit_code(reservation.error()) == exit_codes::corrupt);
        CHECK_THAT(reservation.error().message(), Contains("outside the System RAM"));
    }
}

TEST_CASE("CMA reservations are read, and lines that are not ranges passed over") {
    const auto entries = parse_iomem(fixtures::iomem);
    const auto reservation =
        find_reservation(*entries, "1", "", "0000000010000000-0000000013ffffff\nnonsense\n5-4\n");
    REQUIRE(reservation);
    CHECK(reservation->cma == RangeSet{{0x10000000, 0x14000000}});
}

TEST_CASE("no reservation tells how to get one") {
    const auto entries = parse_iomem("00100000-3ffd6fff : System RAM\n");
    const auto never = find_reservation(*entries, "0", "quiet", "");
    REQUIRE_FALSE(never);
    CHECK(exit_code(never.error()) == exit_codes::absent);
    CHECK_THAT(never.error().message(), Contains("add crashkernel=192M") && Contains("reboot"));
    const auto failed = find_reservation(*entries, "0", "quiet crashkernel=100G", "");
    CHECK_THAT(failed.error().message(), Contains("could not reserve"));
    const auto unable = find_reservation(*entries, "", "quiet", "");
    CHECK(exit_code(unable.error()) == exit_codes::unsupported);
}
