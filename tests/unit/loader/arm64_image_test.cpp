// SPDX-License-Identifier: GPL-2.0-or-later
#include "loader/image/arm64_image.h"
#include "wrapped.h"

#include <catch2/catch.hpp>

using namespace kdumpkit;
using namespace kdumpkit::loader;
using Catch::Matchers::Contains;

namespace {
constexpr std::uint64_t mib = 1 << 20;
}

TEST_CASE("an arm64 Image's header is read") {
    auto file = fixtures::arm64_image();
    fixtures::poke(file, 8, std::uint64_t{0x80000});
    auto image = parse_arm64_image(file, "Image");
    REQUIRE(image);
    CHECK(image->text_offset == 0x80000);
    CHECK(image->image_size == 0x30000);
    CHECK(image->page_size == 4096);
    CHECK_FALSE(image->big_endian);
    CHECK(image->anywhere_in_memory);
    fixtures::poke(file, 24, std::uint64_t{7});
    image = parse_arm64_image(file, "Image");
    CHECK(image->page_size == 65536);
    CHECK(image->big_endian);
    CHECK_FALSE(image->anywhere_in_memory);
    // Before Linux 3.17 the header said no size.
    fixtures::poke(file, 16, std::uint64_t{0});
    fixtures::poke(file, 8, std::uint64_t{0x1234});
    image = parse_arm64_image(file, "Image");
    CHECK(image->text_offset == 0x80000);
    CHECK(image->image_size == file.size());
}

TEST_CASE("what is no whole arm64 Image is refused") {
    CHECK(exit_code(parse_arm64_image(fixtures::bzimage(), "x").error()) == exit_codes::invalid);
    CHECK(exit_code(parse_arm64_image({}, "x").error()) == exit_codes::invalid);
    struct Case {
        std::size_t at;
        std::uint64_t value;
        const char* says;
    };
    for (const Case& c : {Case{8, 0x200000, "text_offset"}, Case{8, 0x123, "text_offset"},
                          Case{16, 1ULL << 40, "claims an image"}, Case{16, 0x10000, "promises 65536 bytes"},
                          Case{16, 0x1000000, "truncated"}}) {
        auto file = fixtures::arm64_image();
        fixtures::poke(file, c.at, c.value);
        const auto image = parse_arm64_image(file, "Image");
        REQUIRE_FALSE(image);
        CHECK(exit_code(image.error()) == exit_codes::corrupt);
        CHECK_THAT(image.error().message(), Contains(c.says));
    }
    CHECK_FALSE(parse_arm64_image(Bytes(fixtures::arm64_image()).first(61), "cut"));
}

TEST_CASE("an arm64 kernel, its tree and its initrd are placed as the boot protocol wants it") {
    auto file = fixtures::arm64_image(20 * mib, 30 * mib);
    for (const std::uint64_t text_offset : {std::uint64_t{0}, std::uint64_t{0x80000}}) {
        fixtures::poke(file, 8, text_offset);
        const auto image = parse_arm64_image(file, "Image");
        const Range room{0x4e123000, 0x4e123000 + 128 * mib};
        const auto plan = place_arm64(room, *image,
                                      {.dtb_size = 70000,
                                       .initrd_size = 9 * mib + 5,
                                       .kept_free = mib,
                                       .others = {{"purgatory", 8192, 8192, page, false}}});
        REQUIRE(plan);
        const Range kernel = plan->segment("kernel").memory;
        CHECK(kernel.begin % (2 * mib) == text_offset);
        CHECK(kernel.size() >= 30 * mib);
        const Range dtb = plan->segment("dtb").memory;
        CHECK(dtb.begin / (2 * mib) == (dtb.begin + 70000 - 1) / (2 * mib));
        CHECK(plan->segment("initrd").memory.size() >= 9 * mib + 5);
        for (const Segment& one : plan->segments) {
            CHECK(room.contains(one.memory));
            for (const Segment& other : plan->segments)
                CHECK((&one == &other || !one.memory.overlaps(other.memory)));
        }
    }
}

TEST_CASE("an arm64 plan that cannot be is refused") {
    const auto file = fixtures::arm64_image(20 * mib, 30 * mib);
    const auto image = *parse_arm64_image(file, "Image");
    const Range room{0x40000000, 0x40000000 + 128 * mib};
    CHECK(exit_code(place_arm64(room, image, {.dtb_size = 0}).error()) == exit_codes::invalid);
    CHECK(exit_code(place_arm64(room, image, {.dtb_size = 2 * mib + 1}).error()) == exit_codes::invalid);
    CHECK(place_arm64(room, image, {.dtb_size = 2 * mib}));
    CHECK(exit_code(place_arm64({room.begin, room.begin + 16 * mib}, image, {.dtb_size = 1000}).error()) ==
          exit_codes::absent);
    // Far apart: 40 GiB of room, kernel at its bottom, initrd at its top.
    const auto far =
        place_arm64({0x40000000, 0x40000000 + (40ULL << 30)}, image, {.dtb_size = 1, .initrd_size = 1});
    CHECK_THAT(far.error().message(), Contains("32 GiB"));
}
