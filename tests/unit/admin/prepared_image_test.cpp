// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/prepared_image.h"

#include <catch2/catch.hpp>

using namespace kdumpkit;
using namespace kdumpkit::admin;

TEST_CASE("each kernel has its own prepared initramfs, and a name cannot lead out of their folder") {
    const auto place = prepared_image_of("6.1.0-56-cloud-amd64");
    REQUIRE(place);
    CHECK(place->image_path == "/var/lib/kdumpkit/prepared/6.1.0-56-cloud-amd64.img");
    CHECK(place->record_path == "/var/lib/kdumpkit/prepared/6.1.0-56-cloud-amd64.json");
    for (const char* release : {"", ".", "..", "../capture", "6.1/../../etc", ".hidden"}) {
        CAPTURE(release);
        const auto refused = prepared_image_of(release);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().kind == ErrorKind::invalid);
        CHECK_FALSE(forget_prepared_image(release));
    }
}

TEST_CASE("nothing is prepared for a kernel that nobody has") {
    CHECK_FALSE(usable_prepared_image("0.0.0-of-no-machine"));
    const auto forgotten = forget_prepared_image("0.0.0-of-no-machine");
    REQUIRE(forgotten);
    CHECK_FALSE(*forgotten);
}
