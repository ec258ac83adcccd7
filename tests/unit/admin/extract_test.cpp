// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/extract_command.h"
#include "config/dumps.h"
#include "raw_partition.h"

#include <CLI/CLI.hpp>
#include <catch2/catch.hpp>
#include <sys/resource.h>
#include <sys/wait.h>

using namespace kdumpkit;
using namespace kdumpkit::admin;
namespace fs = std::filesystem;

namespace {

const std::string name = "20261123T010203Z-h";

struct Place {
    fs::path folder = fs::temp_directory_path() / fmt::format("kdumpkit-extract-{}", ::getpid());
    Place() {
        fs::remove_all(folder);
        fs::create_directories(folder);
    }
    ~Place() { fs::remove_all(folder); }
};

Result<int> extract(const RawPartition& partition, const Place& place) {
    CLI::App app;
    const auto run = define_extract(app);
    app.parse(fmt::format("{} {}", partition.path, place.folder.string()));
    return run();
}

} // namespace

TEST_CASE("an extraction that is killed leaves nothing that is called a complete dump") {
    const RawPartition partition(name, std::string(4000, 'x'));
    const Place place;
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        const rlimit small{1000, 1000}; // SIGXFSZ kills it half-way through the dump
        ::setrlimit(RLIMIT_FSIZE, &small);
        ::signal(SIGXFSZ, SIG_DFL);
        (void)extract(partition, place);
        ::_exit(0);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFSIGNALED(status));
    REQUIRE(fs::file_size(place.folder / name / "vmcore.flat") == 1000);
    const auto dumps = find_dumps({place.folder}).value();
    REQUIRE(dumps.size() == 1);
    CHECK_FALSE(dumps[0].complete);
    CHECK_FALSE(find_raw_dump(partition.path).value().taken);
    const auto again = extract(partition, place);
    REQUIRE_FALSE(again);
    CHECK_THAT(again.error().message(), Catch::Contains("remove what an earlier try left"));
}

TEST_CASE("a dump that cannot be read does not hold up what tells of the panic") {
    const RawPartition partition(name);
    const Place place;
    partition.overwrite(find_raw_dump(partition.path).value().files[2].offset, "F");
    const auto extracted = extract(partition, place);
    REQUIRE_FALSE(extracted);
    CHECK(extracted.error().kind == ErrorKind::corrupt);
    CHECK(fs::exists(place.folder / name / "dmesg.txt"));
    CHECK(fs::exists(place.folder / name / "summary.json"));
    CHECK_FALSE(fs::exists(place.folder / name / "vmcore.flat"));
    const auto dumps = find_dumps({place.folder}).value();
    REQUIRE(dumps.size() == 1);
    CHECK_FALSE(dumps[0].complete);
    CHECK_FALSE(find_raw_dump(partition.path).value().taken);
}
