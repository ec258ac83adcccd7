// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/dumps_report.h"
#include "admin/local_dumps.h"
#include "base/file.h"
#include "raw_partition.h"

#include <catch2/catch.hpp>

using namespace kdumpkit;
using namespace kdumpkit::admin;
using Catch::Matchers::Contains;
namespace fs = std::filesystem;

TEST_CASE("dumps on raw partitions stand among those in folders, newest first") {
    const RawPartition partition("20261124T010203Z-h");
    const fs::path folder = fs::temp_directory_path() / fmt::format("kdumpkit-local-{}", ::getpid());
    for (const char* name : {"20261123T010203Z-h", "20261125T010203Z-h"})
        fs::create_directories(folder / name);
    Settings settings;
    settings.targets = {parse_target("raw:" + partition.path).value(),
                        parse_target("file://" + folder.string()).value(),
                        parse_target("raw:/dev/shm/kdumpkit-none").value()};
    const LocalDumps local = find_local_dumps(settings).value();
    fs::remove_all(folder);
    CHECK(local.unseen.empty());
    REQUIRE(local.dumps.size() == 3);
    CHECK(local.dumps[0].name == "20261125T010203Z-h");
    const Dump& raw = local.dumps[1];
    CHECK(raw.folder == partition.path + "/20261124T010203Z-h");
    CHECK(raw.complete);
    CHECK_THAT(show_text(raw), Contains("next: kdumpkit extract " + partition.path));
    CHECK(local.dumps[2].name == "20261123T010203Z-h");
}

TEST_CASE("a folder that an admin named has to be there") {
    const auto none = find_named_dumps({fs::temp_directory_path(), "/nonexistent"});
    REQUIRE_FALSE(none);
    CHECK(none.error().kind == ErrorKind::absent);
    CHECK_THAT(none.error().message(), Contains("/nonexistent"));
    CHECK(find_named_dumps({fs::temp_directory_path()}));
}

TEST_CASE("a partition whose header was damaged is said, and the others are listed") {
    const RawPartition partition("20261124T010203Z-h");
    partition.overwrite(110, "x");
    Settings settings;
    settings.targets = {parse_target("raw:" + partition.path).value()};
    const LocalDumps local = find_local_dumps(settings).value();
    CHECK(local.dumps.empty());
    REQUIRE(local.unseen.size() == 1);
    CHECK_THAT(local.unseen[0], Contains("checksum"));
}

TEST_CASE("a raw dump that was shipped says where, is taken, and is otherwise as it was") {
    const RawPartition partition("20261124T010203Z-h");
    const std::string before = read_text(partition.path).value();
    const Dump dump = find_raw_dump(partition.path).value();
    const std::vector<std::string> urls{"sftp://a/x", "s3://b"};
    REQUIRE(mark_shipped(dump, {urls[0]}));
    REQUIRE(mark_shipped(dump, urls)); // another one takes the place of the first
    const Dump after = find_raw_dump(partition.path).value();
    CHECK(after.shipped == urls);
    CHECK(after.taken);
    CHECK(after.complete);
    CHECK(after.files.size() == dump.files.size() + 1);
    const std::string now = read_text(partition.path).value();
    for (const Dump::File& file : dump.files)
        CHECK(now.substr(file.offset, file.bytes) == before.substr(file.offset, file.bytes));
    CHECK_THAT(list_text({after}, {}), Contains("shipped"));

    Dump gone = dump;
    gone.name = "20261124T010204Z-h";
    CHECK(mark_shipped(gone, urls).error().kind == ErrorKind::absent);
}
