// SPDX-License-Identifier: GPL-2.0-or-later
#include "config/settings.h"
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
    CHECK(target->path == "/var/crash");
    CHECK(target->value("fs") == "UUID=0b5c1c4e-8a0e-4f3b-9d7e-1f2a3b4c5d6e");
    CHECK(target->uuid() == "0b5c1c4e-8a0e-4f3b-9d7e-1f2a3b4c5d6e");
    CHECK(target->value("type") == "ext4");
    CHECK(target->resolved());

    const auto bare = parse_target("file:///");
    REQUIRE(bare);
    CHECK(bare->path == "/");
    CHECK_FALSE(bare->resolved());
}

TEST_CASE("a target's URL reads back as the same target") {
    for (const std::string url :
         {"file:///", "file:///var/crash", "file:///a%20b%23c%3Fd%25/e",
          "file:///x?fs=UUID=1234-ABCD&type=vfat", "file:///%C3%BC?type=xfs", "file:///x?deadline=30",
          "raw:/dev/vdb1", "raw:/dev/disk/by-partlabel/a%20b", "nfs://server/",
          "nfs://[fe80::1]:2050/srv/crash?options=ro,rsize=65536&version=4.2",
          "sftp://kdump@host:2222/var/crash?key=/etc/k&known_hosts=/etc/h",
          "scp://a%40b@10.0.2.2/x?credentials=/etc/a%26b&known_hosts=/etc/h", "https://host/",
          "https://host:8443/crash?ca=/a&cert=/b&credentials=/c&key=/d",
          "s3://bucket/?credentials=/s3&region=eu-west-1",
          "s3://bu.cket/a/b?ca=/ca&credentials=/s3&endpoint=https://[::1]:9000&style=path",
          "ftp://host/x?credentials=/f", "ftps://host/x?ca=/c&tls=explicit"}) {
        CAPTURE(url);
        const auto target = parse_target(url);
        REQUIRE(target);
        CHECK(target->url() == url);
        CHECK(parse_target(target->url()) == target);
    }
    CHECK(parse_target("file:///a%20b")->path == "/a b");
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
        {"file:///x?deadline=0", "deadline=0 is not a number of seconds"},
        {"file:///x?deadline=10s", "deadline=10s is not"},
        {"file:///x?key=/k", "file: targets have no parameter \"key\" (they have fs, type, deadline)"},
        {"raw:vdb1", "below /dev"},
        {"raw:/etc/passwd", "below /dev"},
        {"raw:", "path is missing"},
        {"raw://host/dev/vdb", "targets have no host name"},
        {"raw:/dev/../etc/x", "\"..\""},
        {"nfs:///export", "host is missing"},
        {"nfs://me@host/export", "a user does not belong"},
        {"nfs://host/e?version=2", "version=2 is not 3, 4"},
        {"nfs://host/e?options=rw%20x", "is not mount options"},
        {"sftp://host/x?key=/k&known_hosts=/h", "USER@HOST"},
        {"sftp://me:secret@host/x", "a password does not belong"},
        {"sftp://@host/x", "user is empty"},
        {"sftp://me@/x", "host is missing"},
        {"sftp://me@ho%20st/x", "not the name or address of a host"},
        {"sftp://me@-oProxy/x", "not the name or address of a host"},
        {"sftp://me@[fe80::1/x", "no ]"},
        {"sftp://me@[fe80::g]/x", "not the name or address of a host"},
        {"sftp://me@host:0/x", "not a port"},
        {"sftp://me@host:65536/x", "not a port"},
        {"sftp://me@host:/x", "not a port"},
        {"sftp://me@host/x?key=/k", "known_hosts= is missing"},
        {"sftp://me@host/x?known_hosts=/h", "neither key= nor credentials="},
        {"sftp://me@host/x?known_hosts=/h&key=k", "key=k is not the absolute path of a file"},
        {"sftp://me@host/x?known_hosts=/h&key=/k/", "key=/k/ is not the absolute path of a file"},
        {"https:///x", "host is missing"},
        {"https://me@host/x", "put it into the file of credentials="},
        {"https://host/x?cert=/c", "cert= and key= go together"},
        {"https://host/x?key=/c", "cert= and key= go together"},
        {"https://host/x?ca=/c#a", "fragment"},
        {"s3:///x", "bucket is missing"},
        {"s3://bucket:80/x?credentials=/c&region=r", "a port does not belong"},
        {"s3://bucket/x?region=r", "credentials= is missing"},
        {"s3://bucket/x?credentials=/c", "neither endpoint= nor region="},
        {"s3://bucket/x?credentials=/c&endpoint=host", "endpoint=host is not https://HOST"},
        {"s3://bucket/x?credentials=/c&endpoint=https://h/path", "is not https://HOST"},
        {"s3://bucket/x?credentials=/c&endpoint=https://:::[[", "is not https://HOST"},
        {"s3://bucket/x?credentials=/c&endpoint=https://[::g]", "is not https://HOST"},
        {"s3://bucket/x?credentials=/c&endpoint=https://h:0", "is not https://HOST"},
        {"s3://bucket/x?credentials=/c&endpoint=https://:443", "is not https://HOST"},
        {"s3://bucket/x?credentials=/c&region=eu+west", "is not the name of a region"},
        {"s3://bucket/x?credentials=/c&region=r&style=dns", "style=dns is not path or virtual"},
        {"ftp://host/x?ca=/c", "ftp: targets have no parameter \"ca\""},
        {"ftps://host/x?tls=no", "tls=no is not implicit or explicit"},
        {"http://host/x", "readable to all", ErrorKind::unsupported},
        {"ssh://host/x", "how a file gets there", ErrorKind::unsupported},
        {"smb://host/x", "cannot save to \"smb:\"", ErrorKind::unsupported},
    };
    for (const Row& row : rows) {
        CAPTURE(row.url);
        const auto target = parse_target(row.url);
        REQUIRE_FALSE(target);
        CHECK(target.error().kind == row.kind);
        CHECK(target.error().object == without_password(row.url));
        CHECK_THAT(target.error().reason, Contains(row.reason));
        CHECK_FALSE(target.error().next_step.empty());
    }
}

TEST_CASE("a remote target says where, who and with which files") {
    const auto target = parse_target(
        "sftp://k%C3%BC@Host.Example:2222//var//crash/?known_hosts=/etc/h&key=/etc/a%20key&deadline=90");
    REQUIRE(target);
    CHECK(target->scheme == Scheme::sftp);
    CHECK(target->user == "k\xc3\xbc");
    CHECK(target->host == "host.example");
    CHECK(target->port == 2222);
    CHECK(target->path == "/var/crash");
    CHECK(target->value("key") == "/etc/a key");
    CHECK(target->value("credentials").empty());
    CHECK(target->deadline() == std::chrono::seconds(90));
    CHECK(target->info().carrier == Carrier::sender);
    CHECK(target->resolved());
    CHECK_FALSE(parse_target("file:///x")->deadline());
    CHECK(parse_target("raw:///dev/vdb")->url() == "raw:/dev/vdb");
    CHECK(parse_target("https://[FE80::1]/x")->host == "fe80::1");
}

TEST_CASE("every scheme's example is a good target of that scheme") {
    for (const SchemeInfo& info : schemes()) {
        CAPTURE(info.name);
        CHECK(scheme_info(info.scheme).name == info.name);
        std::string example(info.example);
        example = example.substr(0, example.find(", or "));
        const auto target = parse_target(example);
        REQUIRE(target);
        CHECK(target->scheme == info.scheme);
        CHECK(find_parameter(info, "deadline") != nullptr);
        // How values are written depends on them; that they are understood again does not.
        CHECK(parse_target(target->url()) == target);
    }
}

TEST_CASE("a password in a URL is not repeated in messages") {
    for (const auto& [url, shown] : std::vector<std::pair<std::string, std::string>>{
             {"sftp://me:geheim@host/x", "sftp://me:***@host/x"},
             {"ftp://me:ge@heim@host:21/x", "ftp://me:***@host:21/x"},
             {"ftp://me:ge/heim@host/x", "ftp://me:***@host/x"},
             {"sftp://me@host:22/x", "sftp://me@host:22/x"},
             {"https://host:443/mail@x", "https://host:443/mail@x"},
             {"nfs://[2001:db8::1]:2049/x", "nfs://[2001:db8::1]:2049/x"},
             {"file:///a:b@c", "file:///a:b@c"},
             {"/a:b@c", "/a:b@c"}}) {
        CHECK(without_password(url) == shown);
        if (const auto target = parse_target(url); !target)
            CHECK(target.error().message().find("heim") == std::string::npos);
    }
    const auto settings = parse_settings("target = \"sftp://me:geheim@host/x\"", "x");
    REQUIRE_FALSE(settings);
    CHECK(settings.error().message().find("geheim") == std::string::npos);
}

TEST_CASE("a place is where a target is, and not how one gets there") {
    const auto place = [](const char* url) { return parse_target(url).value().place(); };
    CHECK(place("sftp://me@host:2222/x?key=/k&known_hosts=/h&deadline=60") == "sftp://me@host:2222/x");
    CHECK(place("s3://b/x?credentials=/c&endpoint=https://h:9&style=path") ==
          "s3://b/x?endpoint=https://h:9");
    CHECK(place("https://host/x?ca=/etc/ssl/ca") == place("https://host/x?ca=/other"));
    CHECK(place("nfs://host/x?version=4.2") == "nfs://host/x");
    CHECK(place("ftp://host/x?credentials=/c") != place("ftp://host/y?credentials=/c"));
}
