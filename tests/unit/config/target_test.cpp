// SPDX-License-Identifier: GPL-2.0-or-later
#include "config/target.h"

#include <string>
#include <vector>

#include <catch2/catch.hpp>

using namespace kdumpkit;
using Catch::Matchers::Contains;

TEST_CASE("a file target says folder, filesystem and type") {
    const auto target =
        parse_target("file:///var//crash/?fs=UUID=0b5c1c4e-8a0e-4f3b-9d7e-1f2a3b4c5d6e&type=ext4");
    REQUIRE(target);
    CHECK(target->folder == "/var/crash");
    CHECK(target->filesystem == "UUID=0b5c1c4e-8a0e-4f3b-9d7e-1f2a3b4c5d6e");
    CHECK(target->uuid() == "0b5c1c4e-8a0e-4f3b-9d7e-1f2a3b4c5d6e");
    CHECK(target->type == "ext4");
    CHECK(target->resolved());

    const auto bare = parse_target("file:///");
    REQUIRE(bare);
    CHECK(bare->folder == "/");
    CHECK_FALSE(bare->resolved());
}

TEST_CASE("a target's URL reads back as the same target") {
    for (const std::string url : {"file:///", "file:///var/crash", "file:///a%20b%23c%3Fd%25/e",
                                  "file:///x?fs=UUID=1234-ABCD&type=vfat", "file:///%C3%BC?type=xfs"}) {
        CAPTURE(url);
        const auto target = parse_target(url);
        REQUIRE(target);
        CHECK(target->url() == url);
        CHECK(parse_target(target->url()) == target);
    }
    CHECK(parse_target("file:///a%20b")->folder == "/a b");
}

TEST_CASE("a wrong target is refused with the part that is wrong") {
    struct Row {
        std::string url, reason;
        ErrorKind kind = ErrorKind::invalid;
    };
    const std::vector<Row> rows = {
        {"", "does not begin with a scheme"},
        {"/var/crash", "does not begin with a scheme"},
        {"fiel:///x", "no target scheme \"fiel:\""},
        {"file:/x", "followed by //"},
        {"file://x", "three slashes"},
        {"file://host/x", "three slashes"},
        {"file:///a/../b", "\"..\""},
        {"file:///a/%2e%2e/b", "\"..\""},
        {"file:///a%2", "broken % escape"},
        {"file:///a%zz", "broken % escape"},
        {"file:///a%0Ab", "control character"},
        {"file:///a#b", "fragment"},
        {"file:///x?fs=/dev/sda1", "fs=/dev/sda1 is not UUID="},
        {"file:///x?fs=UUID=", "is not UUID="},
        {"file:///x?fs=UUID=../../etc", "is not UUID="},
        {"file:///x?fs=UUID=1234-ABCD&fs=UUID=1234-ABCD", "\"fs\" is given twice"},
        {"file:///x?type=ext4&type=ext4", "\"type\" is given twice"},
        {"file:///x?type=", "not the name of a filesystem type"},
        {"file:///x?type=EXT4", "not the name of a filesystem type"},
        {"file:///x?uuid=1", "no parameter \"uuid\""},
        {"file:///x?", "no parameter \"\""},
        {"nfs://server/export", "cannot save to \"nfs:\"", ErrorKind::unsupported},
        {"http://host/x", "cannot save to \"http:\"", ErrorKind::unsupported},
        {"ssh://host/x", "cannot save to \"ssh:\"", ErrorKind::unsupported},
        {"s3://bucket/x", "cannot save to \"s3:\"", ErrorKind::unsupported},
    };
    for (const Row& row : rows) {
        CAPTURE(row.url);
        const auto target = parse_target(row.url);
        REQUIRE_FALSE(target);
        CHECK(target.error().kind == row.kind);
        CHECK(target.error().object == row.url);
        CHECK_THAT(target.error().reason, Contains(row.reason));
        CHECK_FALSE(target.error().next_step.empty());
    }
}
