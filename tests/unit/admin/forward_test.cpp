// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/forward.h"
#include "admin/pruning.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "raw_partition.h"

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
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
    CHECK(shipments[0].target.url() == settings.targets[1].url());
    std::string files;
    for (const Dump::File& file : shipments[0].files)
        files += file.name + " ";
    CHECK(files == "capture.log dmesg.txt vmcore summary.json ");
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
    CHECK(dumps[0].shipped == std::vector<std::string>{"ftp://server/crash"});
    CHECK(plan_shipments(dumps, settings).empty());
    const std::string sent = read_text(folder / "sent").value();
    CHECK(sent.find("--name 20261123T010203Z-h/vmcore --file " + dump.string() + "/vmcore ftp://") !=
          std::string::npos);
    fs::remove_all(folder);
}

TEST_CASE("a dump goes to an NFS server, too") {
    const std::vector<Dump> dumps{dump_named("a", true)};
    const auto shipments = plan_shipments(dumps, settings_with({"nfs://server/crash", "file:///x"}));
    REQUIRE(shipments.size() == 1);
    CHECK(shipments[0].target.scheme == Scheme::nfs);
}

TEST_CASE("a dump goes off a raw partition in parts, and is marked there") {
    const RawPartition partition("20261123T010203Z-h");
    const std::string sender = partition.path + "-send", sent = partition.path + "-sent";
    // Takes the part off as kdump-send does.
    std::ofstream(sender) << "#!/bin/sh\n[ $5 = --part ] || exit 2\n"
                             "echo \"$2 $(tail -c +$((${6%:*} + 1)) $4 | head -c ${6#*:})\" >> "
                          << sent << "\n";
    ::chmod(sender.c_str(), 0755);
    const Log quiet([](LogLevel, std::string_view) {});
    const Settings settings = settings_with({"raw:" + partition.path, server});
    const auto plan = [&](const std::vector<Dump>& dumps) { return plan_shipments(dumps, settings); };
    std::vector<Dump> dumps{find_raw_dump(partition.path).value()};
    REQUIRE(plan(dumps).size() == 1);
    REQUIRE(ship(plan(dumps)[0], sender, quiet));
    const std::string name = "20261123T010203Z-h/";
    CHECK(read_text(sent) == name + "dmesg.txt words\n" + name + "vmcore.flat flattened\n" + name +
                                 "summary.json {\"complete\": true, \"panic_line\": \"Kernel panic - x\"}\n");
    dumps = {find_raw_dump(partition.path).value()};
    CHECK(dumps[0].shipped == std::vector<std::string>{"ftp://server/crash"});
    CHECK(plan(dumps).empty());
    fs::remove(sender);
    fs::remove(sent);
}

TEST_CASE("what the disk made of a raw dump is not shipped as if it were one") {
    const RawPartition partition("20261123T010203Z-h");
    std::vector<Dump> dumps{find_raw_dump(partition.path).value()};
    partition.overwrite(dumps[0].files[2].offset, "F");
    const auto shipments = plan_shipments(dumps, settings_with({server}));
    REQUIRE(shipments.size() == 1);
    const auto shipped = ship(shipments[0], "/bin/true", Log([](LogLevel, std::string_view) {}));
    REQUIRE_FALSE(shipped);
    CHECK(shipped.error().kind == ErrorKind::corrupt);
    CHECK(find_raw_dump(partition.path).value().shipped.empty());
    // Whoever took it off by hand has it.
    dumps[0].taken = true;
    CHECK(plan_shipments(dumps, settings_with({server})).empty());
}

TEST_CASE("a limit removes no dump that a server is still to get") {
    std::vector<Dump> dumps;
    for (const char* name : {"20261125T010203Z-h", "20261124T010203Z-h", "20261123T010203Z-h"})
        dumps.push_back(dump_named(name, true));
    dumps[0].shipped = dumps[1].shipped = {settings_with({server}).targets[0].url()};
    Settings settings = settings_with({"file:///c", server});
    settings.retention.count = 1;
    const auto removed = [&] {
        std::string text;
        for (const Removal& removal : plan_pruning(dumps, settings, 0).removals)
            text += removal.dump->name.substr(6, 2) + " ";
        return text;
    };
    CHECK(removed() == "24 ");
    const auto waiting = plan_pruning(dumps, settings, 0).waiting;
    REQUIRE(waiting.size() == 1);
    CHECK(waiting[0] == &dumps[2]);
    // Nor one that is to stay for another reason.
    const auto still = plan_pruning(dumps, settings, 0, [&](const Dump& dump) { return &dump == &dumps[1]; });
    CHECK(still.removals.empty());
    CHECK(still.waiting == waiting);
    dumps[2].shipped = dumps[0].shipped;
    CHECK(removed() == "23 24 ");
    dumps[2].shipped.clear();
    settings.targets.pop_back(); // no server any more
    CHECK(removed() == "23 24 ");
}

TEST_CASE("first words on another target do not push out whole dumps") {
    std::vector<Dump> dumps; // as put_in_order() has them
    for (const char* name : {"20261125T010203Z-h", "20261124T010203Z-h", "20261123T010203Z-h"})
        for (const bool complete : {false, true}) {
            dumps.push_back(dump_named(name, complete));
            dumps.back().folder = (complete ? "/c/" : "/d/") + dumps.back().name;
        }
    const auto removed = choose_removals(dumps, {2, 0, 0}, 0);
    REQUIRE(removed.size() == 2);
    CHECK(removed[0].dump == &dumps[5]);
    CHECK(removed[1].dump == &dumps[4]);
    CHECK(choose_removals(dumps, {3, 0, 0}, 0).empty());
}

TEST_CASE("no limit removes what is on a raw partition") {
    std::vector<Dump> dumps{dump_named("20261125T010203Z-h", true), dump_named("20261124T010203Z-h", true)};
    dumps[0].device = "/dev/vdb"; // not the newest complete one that stays, either
    CHECK(choose_removals(dumps, {1, 0, 0}, 0).empty());
    std::swap(dumps[0].device, dumps[1].device);
    CHECK(choose_removals(dumps, {1, 0, 0}, 0).empty());
}

TEST_CASE("a signal that ends forward ends its sender") {
    const RawPartition partition("20261123T010203Z-h");
    const std::string sender = partition.path + "-sleep", noted = partition.path + "-pid";
    std::ofstream(sender) << "#!/bin/sh\necho $$ > " << noted << ".new && mv " << noted << ".new " << noted
                          << "\nexec sleep 60\n";
    ::chmod(sender.c_str(), 0755);
    const pid_t forward = ::fork();
    REQUIRE(forward >= 0);
    if (forward == 0) {
        watch_interrupts();
        const std::vector<Dump> dumps{find_raw_dump(partition.path).value()};
        const auto shipped = ship(plan_shipments(dumps, settings_with({server}))[0], sender,
                                  Log([](LogLevel, std::string_view) {}));
        ::_exit(shipped ? 0 : 1);
    }
    for (int i = 0; i < 500 && !fs::exists(noted); ++i)
        ::usleep(20000);
    const pid_t child = std::stoi(read_text(noted).value_or("0"));
    REQUIRE(child > 0);
    REQUIRE(::kill(forward, SIGTERM) == 0);
    int status = 0;
    CHECK(::waitpid(forward, &status, 0) == forward);
    CHECK((WIFEXITED(status) && WEXITSTATUS(status) == 1));
    CHECK(::kill(child, 0) != 0);
    (void)::kill(child, SIGKILL);
    fs::remove(sender);
    fs::remove(noted);
}

TEST_CASE("of one panic's dumps the best goes to a server, and first words do not go over it") {
    std::vector<Dump> dumps{dump_named("20261123T010203Z-h", false), dump_named("20261123T010203Z-h", true)};
    dumps[0].folder = "/b/20261123T010203Z-h";
    const Settings settings = settings_with({"file:///c", "file:///b", server});
    const auto plan = [&] { return plan_shipments(dumps, settings); };
    REQUIRE(plan().size() == 1);
    CHECK(plan()[0].dump == &dumps[1]);
    dumps[1].shipped = {"ftp://server/crash"};
    CHECK(plan().empty());
    std::swap(dumps[0].shipped, dumps[1].shipped); // the words alone were sent before
    REQUIRE(plan().size() == 1);
    CHECK(plan()[0].dump == &dumps[1]);
    dumps[1].complete = false; // two that are the same, of which one was sent
    CHECK(plan().empty());
    dumps[0].shipped.clear();
    CHECK(plan().size() == 1);
}

TEST_CASE("first words do not go over a dump on a server when the local one has been removed") {
    const fs::path top = fs::temp_directory_path() / fmt::format("kdumpkit-two-{}", ::getpid());
    fs::remove_all(top);
    const RawPartition partition("20261123T010203Z-h");
    const auto words = top / "words/20261123T010203Z-h", whole = top / "whole/20261123T010203Z-h";
    for (const fs::path& folder : {words, whole}) {
        fs::create_directories(folder);
        std::ofstream(folder / "summary.json") << (folder == whole ? R"({"complete": true})" : "{}");
    }
    std::ofstream(whole / "vmcore") << "larger than what is flattened, and than its words";
    std::ofstream(whole / "capture.log") << std::string(200, 'x');
    const Settings settings = settings_with({server});
    const auto dumps = [&] {
        auto found = find_dumps({top / "words", top / "whole"}).value();
        found.push_back(find_raw_dump(partition.path).value());
        return found;
    };
    const Log quiet([](LogLevel, std::string_view) {});
    const auto before = dumps();
    const auto shipments = plan_shipments(before, settings);
    REQUIRE(shipments.size() == 1);
    CHECK(shipments[0].dump->folder == whole.string());
    const auto failed = ship(shipments[0], "/bin/false", quiet);
    REQUIRE_FALSE(failed);
    CHECK_FALSE(fs::exists(words / shipped_file));
    REQUIRE(ship(shipments[0], "/bin/true", quiet));
    fs::remove_all(whole);
    CHECK(plan_shipments(dumps(), settings).empty());
    CHECK(find_raw_dump(partition.path).value().taken); // else no capture could use the partition again
    fs::remove_all(top);
}

TEST_CASE("a dump that is seen at two places is sent and noted once") {
    const fs::path top = fs::temp_directory_path() / fmt::format("kdumpkit-same-{}", ::getpid());
    fs::remove_all(top);
    fs::create_directories(top / "a/20261123T010203Z-h");
    fs::create_directory_symlink("a", top / "b");
    std::ofstream(top / "a/20261123T010203Z-h/summary.json") << "{}";
    const auto dumps = find_dumps({top / "a", top / "b"}).value();
    const auto shipments = plan_shipments(dumps, settings_with({server}));
    REQUIRE(dumps.size() == 2);
    REQUIRE(shipments.size() == 1);
    REQUIRE(ship(shipments[0], "/bin/true", Log([](LogLevel, std::string_view) {})));
    CHECK(find_dumps({top / "b"}).value().at(0).shipped == std::vector<std::string>{"ftp://server/crash"});
    fs::remove_all(top);
}

TEST_CASE("a dump that could not be marked on a full disk is not sent") {
    const fs::path top = fs::temp_directory_path() / fmt::format("kdumpkit-full-{}", ::getpid());
    fs::remove_all(top);
    const fs::path folder = top / "20261123T010203Z-h", sent = top / "sent";
    fs::create_directories(folder);
    std::ofstream(folder / "summary.json") << R"({"complete": true})";
    std::ofstream(folder / "vmcore") << "x";
    const std::string sender = top / "send";
    std::ofstream(sender) << "#!/bin/sh\nmkdir -p " << sent.string() << "\n";
    ::chmod(sender.c_str(), 0755);
    const auto dumps = find_dumps({top}).value();
    const auto shipments = plan_shipments(dumps, settings_with({server}));
    const Log quiet([](LogLevel, std::string_view) {});
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        ::signal(SIGXFSZ, SIG_IGN);
        const rlimit nothing{0, 0}; // no file takes a byte
        ::setrlimit(RLIMIT_FSIZE, &nothing);
        ::_exit(ship(shipments.at(0), sender, quiet) ? 0 : 1);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK((WIFEXITED(status) && WEXITSTATUS(status) == 1));
    CHECK_FALSE(fs::exists(sent));
    REQUIRE(ship(shipments.at(0), sender, quiet));
    CHECK(fs::exists(sent));
    std::vector<std::string> left;
    for (const auto& entry : fs::directory_iterator(folder))
        left.push_back(entry.path().filename());
    std::sort(left.begin(), left.end());
    CHECK(left == std::vector<std::string>{"shipped.json", "summary.json", "vmcore"});
    fs::remove_all(top);
}
