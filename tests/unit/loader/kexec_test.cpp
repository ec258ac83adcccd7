// SPDX-License-Identifier: GPL-2.0-or-later
#include "loader/kexec.h"

#include <catch2/catch.hpp>

using namespace kdumpkit;
using namespace kdumpkit::loader;
using Catch::Matchers::Contains;

TEST_CASE("segments that the kernel would refuse are refused before the call, and named") {
    const std::vector<std::byte> bytes(8192);
    const Bytes none{}, one = Bytes(bytes).first(4096), two = bytes;
    const std::vector<Range> rooms{{0x10000, 0x20000}, {0x40000, 0x50000}};
    struct Case {
        std::vector<LoadedSegment> segments;
        const char* says; // empty: it is right
        std::uint64_t entry = 0x10000;
    };
    const std::vector<Case> cases{
        {{{{0x10000, 0x12000}, two}, {{0x12000, 0x13000}, none}, {{0x40000, 0x50000}, one}}, ""},
        {{{{0x10000, 0x11000}, one}}, "", 0x10fff},
        {{}, "there are 0"},
        {std::vector<LoadedSegment>(17, LoadedSegment{{0x10000, 0x11000}, one}), "there are 17"},
        {{{{0x10000, 0x11000}, two}}, "it has 8192 bytes, and memory for 4096"},
        {{{{0x10800, 0x12000}, one}}, "segment at 0x10800: it is not whole pages"},
        {{{{0x10000, 0x11800}, one}}, "it is not whole pages"},
        {{{{0x10000, 0x10000}, none}}, "it is not whole pages"},
        {{{{0x10000, 0x12000}, two}, {{0x11000, 0x13000}, two}}, "segment at 0x11000: it lies on another"},
        {{{{0x12000, 0x13000}, one}, {{0x10000, 0x14000}, two}}, "segment at 0x10000: it lies on another"},
        {{{{0x1f000, 0x21000}, two}}, "ends at 0x21000, outside the memory"},
        {{{{0xf000, 0x11000}, two}}, "outside the memory"},
        {{{{0x1f000, 0x41000}, two}}, "outside the memory"}, // across the gap
        {{{{0x30000, 0x31000}, one}}, "outside the memory"},
        {{{{0x10000, 0x11000}, one}}, "the entry 0x11000: it is in no segment", 0x11000},
    };
    for (const Case& c : cases) {
        INFO(c.says << " " << c.segments.size());
        const auto checked = check_segments(c.segments, rooms, c.entry);
        CHECK(checked.has_value() == (*c.says == '\0'));
        if (!checked) {
            CHECK(exit_code(checked.error()) == exit_codes::corrupt);
            CHECK_THAT(checked.error().message(), Contains(c.says) && Contains("next: "));
        }
    }
}
