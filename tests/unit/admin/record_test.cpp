// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/notify.h"
#include "admin/record.h"
#include "base/file.h"

#include <algorithm>
#include <cstring>
#include <filesystem>

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

using namespace kdumpkit;
using namespace kdumpkit::admin;
using Catch::Matchers::Contains;

namespace {

std::string field(const JournalFields& fields, const std::string& name) {
    for (const auto& [key, value] : fields)
        if (key == name)
            return value;
    return "(absent)";
}

} // namespace

TEST_CASE("a journal entry tells what a monitor and a person need") {
    Dump dump = describe_dump(
        "/c/20261123T010203Z-h",
        R"({"complete": true, "host": "web1", "panic_line": "Kernel panic - x", "kernel_release": "6.1"})",
        {{"vmcore", 2}});
    CHECK(field(journal_entry(dump), "MESSAGE_ID") == message_ids::captured);
    CHECK(field(journal_entry(dump), "KDUMPKIT_FOLDER") == "/c/20261123T010203Z-h");
    CHECK(field(journal_entry(dump), "KDUMPKIT_PANIC") == "Kernel panic - x");
    CHECK(field(journal_entry(dump), "KDUMPKIT_CAUSE") == "(absent)");
    CHECK_THAT(field(journal_entry(dump), "MESSAGE"),
               Contains("01:02:03Z on web1: Kernel panic - x; the dump is complete"));
    CHECK(field(journal_entry(dump), "KDUMPKIT_HOST") ==
          "web1"); // another's, in a folder that machines share
    dump = describe_dump("/c/20261123T010203Z-h", "", {});
    CHECK(field(journal_entry(dump), "MESSAGE_ID") == message_ids::captured_partly);
    CHECK(field(journal_entry(dump), "KDUMPKIT_COMPLETE") == "0");
    CHECK(field(journal_entry(dump), "KDUMPKIT_HOST") == "(absent)");
    CHECK_THAT(field(journal_entry(dump), "MESSAGE"), Contains("01:02:03Z: a kernel panic"));
}

TEST_CASE("a program is told of a capture in a unit of its own") {
    const JournalFields fields = {{"MESSAGE", "x"}, {"KDUMPKIT_COMPLETE", "1"}, {"KDUMPKIT_PANIC", "a b=c"}};
    const auto command = notification_command("/bin/tell", "/c/d", fields, true);
    CHECK(command.front() == "systemd-run");
    CHECK(std::find(command.begin(), command.end(), "--setenv=KDUMPKIT_PANIC=a b=c") != command.end());
    CHECK(std::find(command.begin(), command.end(), "--no-block") != command.end()); // the boot waits for us
    CHECK(std::vector(command.end() - 2, command.end()) == std::vector<std::string>{"/bin/tell", "/c/d"});
    CHECK(notification_command("/bin/tell", "/c/d", fields, false) ==
          std::vector<std::string>{"timeout", "60", "env", "KDUMPKIT_COMPLETE=1", "KDUMPKIT_PANIC=a b=c",
                                   "/bin/tell", "/c/d"});
}

TEST_CASE("every message ID is in the catalog") {
    const auto top = std::filesystem::path(TEST_DATA_DIR).parent_path().parent_path();
    const std::string catalog = read_text(top / "packaging/kdumpkit.catalog").value();
    for (const char* id : {message_ids::captured, message_ids::captured_partly, message_ids::not_armed})
        CHECK_THAT(catalog, Contains(fmt::format("-- {}\n", id)));
}

TEST_CASE("a value with a line break goes to the journal with its length") {
    CHECK(journal_datagram({{"A", "b"}, {"C", ""}}) == "A=b\nC=\n");
    CHECK(journal_datagram({{"A", "b\nc"}}) == std::string("A\n\3\0\0\0\0\0\0\0b\nc\n", 14));
}

TEST_CASE("the journal's socket gets the datagram, and its absence is an error") {
    const std::string path =
        std::filesystem::temp_directory_path() / fmt::format("kdumpkit-journal-{}", ::getpid());
    CHECK(send_to_journal({{"A", "b"}}, path).error().kind == ErrorKind::absent);
    CHECK_FALSE(send_to_journal({{"A", "b"}}, std::string(200, 'x')));
    const Fd fd(::socket(AF_UNIX, SOCK_DGRAM, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    REQUIRE(::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(send_to_journal({{"A", "b"}}, path));
    char buffer[16];
    CHECK(::recv(fd.get(), buffer, sizeof buffer, 0) == 4);
    std::filesystem::remove(path);
}

TEST_CASE("what was recorded reads back") {
    const RecordedDumps recorded{{"/a/b", "/c d"}};
    CHECK(parse_recorded(to_text(recorded)).folders == recorded.folders);
    CHECK(parse_recorded("").folders.empty());
    // What was captured with a clock that was not set stays until it was told of.
    Dump dump;
    dump.folder = "/var/crash/19700101T000012Z-h-0f3a9c21";
    dump.utc = 12;
    CHECK(only_looks_old(dump, recorded));
    RecordedDumps told = recorded;
    told.folders.insert(dump.folder);
    CHECK_FALSE(only_looks_old(dump, told));
    dump.utc = 1795395723;
    CHECK_FALSE(only_looks_old(dump, recorded));
}
