// SPDX-License-Identifier: GPL-2.0-or-later
#include "config/frozen.h"
#include "config/settings.h"

#include <string>
#include <vector>

#include <catch2/catch.hpp>

using namespace kdumpkit;
using Catch::Matchers::Contains;

TEST_CASE("an empty settings file gives the defaults") {
    const auto settings = parse_settings("", "empty.toml");
    REQUIRE(settings);
    CHECK(*settings == Settings{});
    CHECK(settings->level == 31);
    CHECK(settings->compression.text() == "zstd");
}

TEST_CASE("every setting can be written and reads back the same") {
    const auto settings = parse_settings(R"(
target = ["file:///crash?fs=UUID=1234-ABCD&type=vfat", "file:///second"]
[dump]
method = "copy"
level = 17
compress = "zlib:6"
[capture]
device_timeout = 5
final_action = "poweroff"
failure_action = "halt"
)",
                                         "all.toml");
    REQUIRE(settings);
    CHECK(settings->targets.size() == 2);
    CHECK(settings->targets[0].value("type") == "vfat");
    CHECK(settings->method == DumpMethod::copy);
    CHECK(settings->level == 17);
    CHECK(settings->compression == Compression{"zlib", 6});
    CHECK(settings->device_timeout == std::chrono::seconds(5));
    CHECK(settings->final_action == FinalAction::poweroff);
    CHECK(settings->failure_action == FinalAction::halt);
    CHECK(parse_settings(to_toml(*settings), "again.toml") == settings);
    CHECK(parse_settings(to_toml(Settings{}), "again.toml") == Settings{});
}

TEST_CASE("a target may be one string") {
    const auto settings = parse_settings("target = \"file:///var/crash\"", "one.toml");
    REQUIRE(settings);
    REQUIRE(settings->targets.size() == 1);
    CHECK(settings->targets[0].path == "/var/crash");
}

TEST_CASE("wrong settings name the file, the line, the column and the remedy") {
    struct Row {
        std::string toml, place, reason, next_step;
    };
    const std::vector<Row> rows = {
        {"[dump\n", "k.toml:1:6", "", "TOML"},
        {"[dump]\nlevle = 31\n", "k.toml:2:1", "dump.levle is not a known key", "dump.level"},
        {"[dmup]\n", "k.toml:1:2", "dmup is not a known key", "did you mean dump?"},
        {"zzzzzzzz = 1", "k.toml:1:1", "zzzzzzzz is not a known key", "target, dump, capture"},
        {"level = 3", "k.toml:1:1", "level is not a known key", "did you mean dump.level?"},
        {"[capture]\ncompress = \"lzo\"", "k.toml:2:1", "capture.compress is not",
         "did you mean dump.compress?"},
        {"target = []", "k.toml:1:10", "names no target", "file:///var/crash"},
        {"[capture]\nkernel = \"../x\"", "k.toml:2:10", "no kernel's release", "running"},
        {"[capture]\nappend = \"a\\nb\"", "k.toml:2:10", "line break", "one line"},
        {"[capture]\nmodules = 3", "k.toml:2:11", "list of such strings", ""},
        {"[retention]\ndays = -1", "k.toml:2:8", "from 0 to 1000000", "days = 0"},
        {"[dump]\nlevel = 32", "k.toml:2:9", "dump.level must be a whole number from 0 to 31",
         "write level = 31"},
        {"[dump]\nlevel = \"31\"", "k.toml:2:9", "dump.level must be a whole number", ""},
        {"[dump]\ncompress = \"gzip\"", "k.toml:2:12", "no such algorithm", "zstd"},
        {"[dump]\ncompress = \"lzo:3\"", "k.toml:2:12", "lzo has no levels", ""},
        {"[dump]\ncompress = \"zstd:99\"", "k.toml:2:12", "levels of zstd are -50 to 19, without 0", ""},
        {"[dump]\nmethod = \"filtre\"", "k.toml:2:10", "must be one of: filter, copy",
         "write method = \"filter\""},
        {"[capture]\ndevice_timeout = 0", "k.toml:2:18", "from 1 to 86400", "device_timeout = 60"},
        {"[capture]\nfinal_action = \"explode\"", "k.toml:2:16", "reboot, poweroff, halt", ""},
        {"capture = 3", "k.toml:1:11", "must be a section", "[capture]"},
        {"target = 3", "k.toml:1:10", "string in quotes", "write target = \""},
        {"target = [1]", "k.toml:1:10", "string in quotes", ""},
        {"target = \"http://x\"", "k.toml:1:10", "readable to all", "https:"},
        {"[dump]\nlevel = 1\nlevel = 2", "k.toml:3:9", "cannot redefine", "keep one"},
        {"[dump]\n[dump]", "k.toml:2:1", "cannot redefine", "keep one"},
        {"target = /var/crash", "k.toml:1:10", "value type", "into quotes"},
        {"path /var/crash", "k.toml:1:6", "expected '='", "config import"},
        {"[dump]\ncompress = \"\xff\"", "k.toml:2:12", "utf-8", "as UTF-8"},
        {"\xef\xbb\xbf[dump]\r\n\tlevel\t=\t32\r\n", "k.toml:2:10", "dump.level must be", "31"},
        {"[dump]\nlevel = nan", "k.toml:2:9", "dump.level must be", "31"},
        {"[dump]\nlevel = 99999999999999999999", "k.toml:2:29", "64 bits", "NUMBER"},
        {"[capture]\nmodules = [\"../x\"]", "k.toml:2:11", "\"../x\" is no module's name", "lsmod"},
        {"[capture]\nmodules = \"a b\"", "k.toml:2:11", "no module's name", "lsmod"},
        {"[capture]\nmodules = [\"nvme.ko\"]", "k.toml:2:11", "no module's name", "without .ko"},
        {"[capture]\nmodules = [\"\"]", "k.toml:2:11", "no module's name", "lsmod"},
        {"[capture]\nfiles = [\"bin/x\"]", "k.toml:2:9", "no absolute path", "begin it with /"},
        {"[capture]\nfiles = [\"/a/..\"]", "k.toml:2:9", "no absolute path", "/../"},
        {"[capture]\nlast_resort = [\"UUID=1b4e28ba-2f&deadline=5\"]", "k.toml:2:15", "no filesystem",
         "blkid"},
        {"target = \"sftp://x\"", "k.toml:1:10", "user is missing", "sftp://"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.toml);
        const auto settings = parse_settings(row.toml, "k.toml");
        REQUIRE_FALSE(settings);
        CHECK(settings.error().kind == ErrorKind::invalid);
        CHECK(settings.error().object == row.place);
        CHECK_THAT(settings.error().reason, Contains(row.reason));
        CHECK_THAT(settings.error().next_step, Contains(row.next_step));
        CHECK_FALSE(settings.error().next_step.empty());
    }
}

TEST_CASE("a line break in a text or a key of the settings does not make two lines of the message") {
    for (const char* text : {"[dump]\ncompress = \"a\\nb\"", "[dump]\nmethod = \"\"\"a\n\\u001b[31mb\"\"\"",
                             "target = \"a\\nb\"", "[capture]\nkernel = \"a\\nb\"",
                             "[capture]\nmodules = [\"a\\r\"]", "\"a\\nb\" = 1", "[dump]\n\"level\\n\" = 1",
                             "[capture]\nfence_kdump = \"a\\nb\"", "[hooks]\npre = \"a\\nb\"",
                             "[[network.interface]]\nname = \"a\\nb\"", "[network]\ndns = \"a\\nb\""}) {
        CAPTURE(text);
        const Error error = parse_settings(text, "k.toml").error();
        for (const std::string& said : {error.reason, error.next_step})
            CHECK(std::all_of(said.begin(), said.end(), [](unsigned char c) { return c >= 0x20; }));
        CHECK_THAT(error.reason, Contains("\\x0"));
    }
}

// The same table as the collector's, see tests/unit/makedumpfile-lite: what passes here must pass there.
TEST_CASE("compressions are those of the collector") {
    for (const char* text : {"zstd", "zstd:-50", "zstd:-1", "zstd:1", "zstd:19", "zlib", "zlib:1", "zlib:9",
                             "lzo", "snappy", "none"}) {
        CAPTURE(text);
        const auto compression = parse_compression(text);
        REQUIRE(compression);
        CHECK(compression->text() == text);
    }
    for (const char* text : {"", "gzip", "zstd:", "zstd:-51", "zstd:0", "zstd:-0", "zstd:20", "zlib:-1",
                             "zlib:0", "zlib:10", "lzo:0", "lzo:1", "none:1", "ZSTD", "zstd:3x"}) {
        CAPTURE(text);
        const auto compression = parse_compression(text);
        REQUIRE_FALSE(compression);
        CHECK(compression.error().kind == ErrorKind::invalid);
        CHECK_FALSE(compression.error().next_step.empty());
    }
}

TEST_CASE("what was frozen thaws the same") {
    Frozen frozen;
    frozen.host = "db\"1\\";
    frozen.former_hosts = {"db'0", "localhost"};
    frozen.kernel_release = "6.1.0-56-cloud-amd64";
    frozen.modules = {"/usr/lib/modules/6.1/a.ko", "/usr/lib/modules/6.1/b 'c'.ko"};
    frozen.settings.targets = {*parse_target("file:///it's%20here?fs=UUID=1234-ABCD&type=vfat")};
    frozen.settings.level = 16;
    const auto thawed = parse_frozen(to_toml(frozen), "frozen.toml");
    REQUIRE(thawed);
    CHECK(*thawed == frozen);

    CHECK_FALSE(parse_frozen("host = 3", "frozen.toml"));
    CHECK_FALSE(parse_frozen("settings = {toml = \"[dump]\\nlevel = 99\"}", "frozen.toml"));
}

TEST_CASE("hooks, files, cluster nodes and last resorts") {
    const auto settings = parse_settings("[capture]\nlast_resort = [\"UUID=1234-ABCD\"]\n"
                                         "fence_kdump = [\"192.0.2.1:7411\"]\nfiles = [\"/etc/hosts\"]\n"
                                         "[hooks]\npre = [\"/usr/bin/a\"]\ndeadline = 5\n",
                                         "k.toml")
                              .value();
    CHECK(settings.last_resort == std::vector<std::string>{"UUID=1234-ABCD"});
    CHECK(settings.hooks.pre == std::vector<std::string>{"/usr/bin/a"});
    CHECK(settings.hooks.deadline.count() == 5);
    CHECK(parse_settings(to_toml(settings), "again").value() == settings);
    for (const char* wrong :
         {"[capture]\nlast_resort = [\"sda1\"]", "[capture]\nfence_kdump = [\"node2\"]",
          "[capture]\nfiles = [\"etc/hosts\"]", "[hooks]\npost = [\"/a/../b\"]",
          "[record]\nnotify = [\"tell\"]", "[hooks]\ndeadline = 0", "[capture]\nstall_timeout = 1",
          "[capture]\ncopies = -1", "[dump]\nstream = \"raw\""}) {
        CAPTURE(wrong);
        CHECK(parse_settings(wrong, "k.toml").error().kind == ErrorKind::invalid);
    }
}
