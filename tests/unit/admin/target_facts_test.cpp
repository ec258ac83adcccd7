// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/status_report.h"
#include "admin/target_facts.h"
#include "base/file.h"

#include <filesystem>

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

using namespace kdumpkit;
using namespace kdumpkit::admin;
using Catch::Matchers::Contains;
namespace fs = std::filesystem;

namespace {

TargetFacts look_at(const std::string& path) {
    Settings settings;
    settings.targets = {file_target(path)};
    return look_at_targets(settings).at(0);
}

} // namespace

TEST_CASE("a target whose filesystem is not there is named once") {
    Settings settings;
    settings.targets = {file_target("/crash", "UUID=00000000-1111-2222-3333-444444444444", "ext4")};
    CHECK(look_at_targets(settings).at(0).unseen == "no block device that is visible here has it");
}

TEST_CASE("a target in memory is told as such") {
    // Its files have no disk, whatever the root filesystem of the machine that tests is.
    const TargetFacts shared = look_at("/dev/shm");
    CHECK(shared.in_memory);
    CHECK_FALSE(look_at("/proc").in_memory);
    AdminStatus status;
    status.targets = {shared};
    CHECK_THAT(to_text(status), Contains("target:      file:///dev/shm: it lies in memory (a tmpfs)") &&
                                    Contains("name a folder on a disk"));
    const auto json = nlohmann::json::parse(with_admin_status("{}", status));
    CHECK(json["targets"][0]["in_memory"] == true);
}

TEST_CASE("a target's folder that is not there, or is none, is told with what mends it") {
    const std::string place = fs::temp_directory_path() / fmt::format("kdumpkit-targets-{}", ::getpid());
    fs::create_directories(place);
    REQUIRE(write_file_atomically(place + "/file", "x"));
    const TargetFacts missing = look_at(place + "/crash");
    CHECK(missing.unseen == "there is no such folder");
    CHECK_THAT(missing.mend, Contains(fmt::format("mkdir -p -m 700 {}/crash", place)));
    CHECK_FALSE(missing.free_bytes);
    AdminStatus status;
    status.targets = {missing};
    CHECK_THAT(to_text(status), Contains("/crash: there is no such folder; mkdir -p"));
    CHECK(look_at(place + "/file").unseen == "it is no folder");
    CHECK_FALSE(look_at(place + "/file").free_bytes);
    CHECK(look_at(place).free_bytes);
    // The room of the filesystem that it leads to; that of /proc has none.
    fs::create_symlink("/proc/self", place + "/link");
    CHECK(look_at(place + "/link").free_bytes == 0U);
    fs::remove_all(place);
}
