// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/forward.h"
#include "base/file.h"

#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace kdumpkit;
using namespace kdumpkit::admin;
namespace fs = std::filesystem;

namespace {

const char* const server = "ftp://server/crash?credentials=/etc/kdumpkit/ftp";

Settings settings_with(const std::vector<std::string>& urls) {
    Settings settings;
    settings.targets.clear();
    for (const std::string& url : urls)
        settings.targets.push_back(parse_target(url).value());
    return settings;
}

Dump dump_named(const std::string& name, bool complete) {
    Dump dump;
    dump.folder = "/c/" + name;
    dump.name = name;
    dump.complete = complete;
    dump.files = {
        {"capture.log", 10}, {"dmesg.txt", 100}, {"shipped.json", 1}, {"summary.json", 5}, {"vmcore", 1000}};
    return dump;
}

} // namespace

TEST_CASE("dumps go to every server that has them not, oldest first, the summary last") {
    std::vector<Dump> dumps{dump_named("new", true), dump_named("unknown", false), dump_named("old", true)};
    dumps[1].files = {{"dmesg.txt", 100}, {"summary.json", 0}};
    const Settings settings = settings_with({"file:///var/crash", server});
    const auto shipments = plan_shipments(dumps, settings);
    REQUIRE(shipments.size() == 2);
    CHECK(shipments[0].dump->name == "old");
    CHECK(shipments[0].url == settings.targets[1].url());
    CHECK(shipments[0].files ==
          std::vector<std::string>{"capture.log", "dmesg.txt", "vmcore", "summary.json"});
    dumps[0].shipped = dumps[2].shipped = {settings.targets[1].url()};
    CHECK(plan_shipments(dumps, settings).empty());
    CHECK(plan_shipments({dump_named("a", true)}, settings_with({"file:///var/crash"})).empty());
    CHECK(plan_shipments({dump_named("partial", false)}, settings).size() == 1);
}

TEST_CASE("a dump is marked as shipped when all of it was, and only then") {
    const fs::path folder = fs::temp_directory_path() / fmt::format("kdumpkit-forward-{}", ::getpid());
    fs::remove_all(folder);
    const fs::path dump = folder / "20261123T010203Z-h";
    fs::create_directories(dump);
    std::ofstream(dump / "summary.json") << R"({"complete": true})";
    std::ofstream(dump / "vmcore") << "x";
    const std::string sender = folder / "send";
    // Fails for vmcore while the file "down" exists; notes what it was given.
    std::ofstream(sender) << "#!/bin/sh\nreadlink /proc/$$/fd/* >> " << (folder / "open").string()
                          << "\necho \"$@\" >> " << (folder / "sent").string()
                          << "\ncase $4 in */vmcore) ! [ -e " << (folder / "down").string() << " ];; esac\n";
    ::chmod(sender.c_str(), 0755);
    std::ofstream(folder / "down") << "";
    const Log quiet([](LogLevel, std::string_view) {});
    const Settings settings = settings_with({server});
    const auto once = [&] {
        const auto dumps = find_dumps({folder}).value();
        const auto shipments = plan_shipments(dumps, settings);
        REQUIRE(shipments.size() == 1);
        return ship(shipments[0], sender, quiet);
    };
    {
        const int busy = ::open(dump.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        REQUIRE(::flock(busy, LOCK_EX) == 0);
        const auto refused = once();
        ::close(busy);
        REQUIRE_FALSE(refused);
        CHECK_THAT(refused.error().message(), Catch::Contains("Another kdumpkit forward"));
        CHECK_FALSE(fs::exists(folder / "sent"));
    }
    const auto failed = once();
    REQUIRE_FALSE(failed);
    CHECK(failed.error().side == ErrorSide::destination);
    CHECK_FALSE(fs::exists(dump / shipped_file));
    fs::remove(folder / "down");
    const auto before = find_dumps({folder}).value();
    CHECK(once());
    // The lock is the sender's too: it may outlive the process that started it.
    CHECK(read_text(folder / "open").value().find(dump.string() + "\n") != std::string::npos);
    // Planned before the dump was marked: nothing is sent twice.
    const std::string once_sent = read_text(folder / "sent").value();
    CHECK(ship(plan_shipments(before, settings).at(0), sender, quiet));
    CHECK(read_text(folder / "sent") == once_sent);
    const auto dumps = find_dumps({folder}).value();
    CHECK(dumps[0].shipped == std::vector<std::string>{settings.targets[0].url()});
    CHECK(plan_shipments(dumps, settings).empty());
    const std::string sent = read_text(folder / "sent").value();
    CHECK(sent.find("--name 20261123T010203Z-h/vmcore --file " + dump.string() + "/vmcore ftp://") !=
          std::string::npos);
    fs::remove_all(folder);
}
