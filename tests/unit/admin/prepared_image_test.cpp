// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/prepared_image.h"
#include "base/file.h"
#include "base/sha256.h"

#include <filesystem>

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <unistd.h>

using namespace kdumpkit;
using namespace kdumpkit::admin;

TEST_CASE("each kernel has its own prepared initramfs, and a name cannot lead out of their folder") {
    const auto place = prepared_image_of("6.1.0-56-cloud-amd64");
    REQUIRE(place);
    CHECK(place->image == "/var/lib/kdumpkit/prepared/6.1.0-56-cloud-amd64.img");
    CHECK(place->record == "/var/lib/kdumpkit/prepared/6.1.0-56-cloud-amd64.json");
    for (const char* release : {"", ".", "..", "../capture", "6.1/../../etc", ".hidden"}) {
        CAPTURE(release);
        const auto refused = prepared_image_of(release);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().kind == ErrorKind::invalid);
        CHECK_FALSE(forget_prepared_image(release));
    }
}

TEST_CASE("whenever a rebuild is killed, the initramfs that is there has its record") {
    const std::string folder =
        std::filesystem::temp_directory_path() / fmt::format("kdumpkit-image-{}", ::getpid());
    std::filesystem::create_directories(folder);
    const ImagePlace place{folder + "/capture.img", folder + "/capture.json"};
    const auto record_of = [](std::string_view image, const std::string& kernel) {
        ImageRecord record;
        record.kernel_release = kernel;
        record.kernel_path = "/proc/version";
        record.image_digest = to_hex(sha256_of(as_bytes(image)));
        return to_json(record);
    };
    const auto is = [&](const char* release) {
        const PresentImage present = look_at_image(place);
        return present.usable() && present.record->kernel_release == release;
    };
    CHECK_FALSE(look_at_image(place).usable());
    REQUIRE(write_file_atomically(place.image, "old"));
    CHECK_FALSE(look_at_image(place).usable());
    REQUIRE(write_file_atomically(place.record, record_of("old", "1")));
    CHECK(is("1"));
    // The steps of write_image(), each of which may be the last.
    REQUIRE(write_file_atomically(place.record + ".coming", record_of("new", "2")));
    CHECK(is("1"));
    REQUIRE(write_file_atomically(place.image, "new"));
    CHECK(is("2"));
    std::filesystem::rename(place.record + ".coming", place.record);
    CHECK(is("2"));
    REQUIRE(write_file_atomically(place.image, "somebody's"));
    CHECK_FALSE(look_at_image(place).usable());
    REQUIRE(write_file_atomically(place.image + ".new-7", "unfinished"));
    CHECK(remove_image(place).value());
    CHECK(std::filesystem::is_empty(folder));
    CHECK_FALSE(remove_image(place).value());
    std::filesystem::remove_all(folder);
}

TEST_CASE("nothing is prepared for a kernel that nobody has") {
    CHECK_FALSE(usable_prepared_image("0.0.0-of-no-machine"));
    const auto forgotten = forget_prepared_image("0.0.0-of-no-machine");
    REQUIRE(forgotten);
    CHECK_FALSE(*forgotten);
}
