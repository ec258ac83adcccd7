// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/boot_tree.h"
#include "admin/reservation_record.h"
#include "base/file.h"

#include <filesystem>

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <unistd.h>

using namespace kdumpkit;
using namespace kdumpkit::admin;
using Catch::Matchers::Contains;
namespace fs = std::filesystem;

TEST_CASE("the record of a reservation is read back") {
    const ReservationRecord record{
        "crashkernel=1G,high crashkernel=72M,low",
        {{"/a", {{"options x crashkernel=2G", "options x crashkernel=1G", 2}}},
         {"/b", {{std::nullopt, "append crashkernel=1G"}}},
         {boot_paths::u_boot_menu, {{"U_BOOT_PARAMETERS='x'", "U_BOOT_PARAMETERS=\"x crashkernel=1G\""}}}}};
    CHECK(parse_reservation_record(to_json(record)) == record);
    CHECK(parse_reservation_record(to_json({"crashkernel=1G", {}})));
}

TEST_CASE("what kdumpkit cannot have written is no record") {
    const std::string good =
        R"({"parameter": "crashkernel=1G", "files": {"/a": [{"before": "x", "after": "x crashkernel=1G"}]}})";
    REQUIRE(parse_reservation_record(good));
    for (
        const char* text :
        {"", "{", "{}", "[]", "null", "3", "\"x\"", "\xff\xfe", R"({"parameter": "crashkernel=1G"})",
         R"({"parameter": 3, "files": {}})", R"({"parameter": "init=/bin/sh", "files": {}})",
         R"({"parameter": "crashkernel=1G init=/bin/sh", "files": {}})",
         R"({"parameter": "crashkernel=1G\"\nrm -rf /", "files": {}})",
         R"j({"parameter": "crashkernel=$(reboot)", "files": {}})j",
         R"({"parameter": "crashkernel=1G", "files": []})",
         R"({"parameter": "crashkernel=1G", "files": {"/a": 3}})",
         R"({"parameter": "crashkernel=1G", "files": {"/a": [3]}})",
         R"({"parameter": "crashkernel=1G", "files": {"/a": [{"before": "x"}]}})",
         // Undo would write what was never there.
         R"({"parameter": "crashkernel=1G", "files": {"/a": [{"before": "init=/x", "after": "x crashkernel=1G"}]}})",
         R"({"parameter": "crashkernel=1G", "files": {"/a": [{"before": "x\ny", "after": "xy"}]}})",
         R"({"parameter": "crashkernel=1G", "files": {"/a": [{"before": null, "after": "root=1"}]}})"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_reservation_record(text));
    }
}

TEST_CASE("a record that is none is an error that says what to do; none at all is none") {
    const std::string root = fs::temp_directory_path() / fmt::format("kdumpkit-record-{}", ::getpid());
    const std::string path = root + ReservationRecord::path;
    fs::create_directories(parent_folder(path));
    CHECK_FALSE(read_reservation_record(root).value());
    REQUIRE(write_file_atomically(path, "garbage"));
    const auto garbage = read_reservation_record(root);
    REQUIRE_FALSE(garbage);
    CHECK(garbage.error().kind == ErrorKind::corrupt);
    CHECK_THAT(garbage.error().message(), Contains(path) && Contains("next:"));
    fs::remove_all(root);
}
