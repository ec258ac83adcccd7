// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/dumps_report.h"
#include "admin/record.h"
#include "admin/status_report.h"
#include "config/dumps.h"
#include "config/retention.h"

#include <cerrno>
#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sys/stat.h>
#include <unistd.h>

using namespace kdumpkit;
using namespace kdumpkit::admin;
using Catch::Matchers::Contains;
namespace fs = std::filesystem;

namespace {

const char* const good_summary =
    R"({"state": "finished", "complete": true, "partial_reason": null, "host": "h", "kernel_release": "6.1",
        "panic_line": "Kernel panic - x", "panic_cause": "sysrq", "bytes": {"memory": 1024, "dump": 5},
        "memory": {"total_kib": 150000, "lowest_available_kib": 115000}})";

class Folder {
  public:
    Folder() : path_(fs::temp_directory_path() / fmt::format("kdumpkit-dumps-{}", ::getpid())) {
        fs::remove_all(path_);
        fs::create_directories(path_);
    }
    ~Folder() { fs::remove_all(path_); }
    void dump(const std::string& name, const std::string& summary,
              const std::string& vmcore = "vmcore") const {
        fs::create_directories(path_ / name);
        std::ofstream(path_ / name / "summary.json") << summary;
        std::ofstream(path_ / name / vmcore) << "x";
    }
    [[nodiscard]] std::string path() const { return path_; }

  private:
    fs::path path_;
};

Dump dump_of(int day, bool complete, std::uint64_t gib) {
    Dump dump;
    dump.name = fmt::format("202601{:02}T000000Z-h", day);
    dump.folder = "/crash/" + dump.name;
    dump.utc = *time_in_name(dump.name);
    dump.complete = complete;
    dump.disk_bytes = gib << 30;
    return dump;
}

} // namespace

TEST_CASE("what is no regular file is not opened: a FIFO would wait for ever") {
    const Folder folder;
    const std::string dump = folder.path() + "/20261123T010203Z-h";
    fs::create_directories(dump);
    REQUIRE(::mkfifo((dump + "/summary.json").c_str(), 0600) == 0);
    const auto dumps = find_dumps({folder.path()}).value();
    REQUIRE(dumps.size() == 1);
    CHECK(dumps[0].why_not == "summary.json is no regular file");
}

TEST_CASE("only folders that kdump-capture names are dumps") {
    CHECK(time_in_name("20261123T010203Z-host") == 1795395723);
    CHECK(time_in_name("20261123T010203Z-host-2"));
    for (const char* name :
         {"", "20261123T010203Z", "20261123T010203Z-", "20261323T010203Z-h", "20261123 010203Z-h",
          "x0261123T010203Z-h", "20261123T250203Z-h", "lost+found"}) {
        CAPTURE(name);
        CHECK_FALSE(time_in_name(name));
    }
}

TEST_CASE("a dump is complete when its summary says so and the vmcore is there") {
    struct Row {
        std::string summary, vmcore, why_not;
    };
    const std::vector<Row> rows = {
        {good_summary, "vmcore", ""},
        {good_summary, "vmcore.incomplete", "vmcore is gone"},
        {R"({"state": "in progress", "complete": false})", "vmcore.incomplete", "cut off"},
        {R"({"state": "finished", "complete": false, "partial_reason": "the disk is full"})",
         "vmcore.incomplete", "the disk is full"},
        {R"({"complete": "yes"})", "vmcore", "does not call it complete"},
        {R"({"state": "finished", "complete": false})", "vmcore", "does not call it complete"},
        {"{\"complete\": tr", "vmcore", "cannot be read"},
        {"[]", "vmcore", "cannot be read"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.summary, row.vmcore);
        const Dump dump =
            describe_dump("/c/20261123T010203Z-h", row.summary, {{"summary.json", 1}, {row.vmcore, 2}});
        CHECK(dump.complete == row.why_not.empty());
        CHECK_THAT(dump.why_not, Contains(row.why_not));
    }
    const Dump none = describe_dump("/c/20261123T010203Z-h", "", {});
    CHECK_THAT(none.why_not, Contains("no summary.json"));
    const Dump empty = describe_dump("/c/20261123T010203Z-h", good_summary, {{"vmcore", 0}});
    CHECK_FALSE(empty.complete);
    CHECK_THAT(empty.why_not, Contains("vmcore is empty"));
    const Dump good = describe_dump("/c/20261123T010203Z-h", good_summary, {{"vmcore", 2}});
    CHECK(good.panic_line == "Kernel panic - x");
    CHECK(good.capture_lowest_kib == 115000U);
}

TEST_CASE("dumps are found newest first, and other things are not dumps") {
    const Folder folder;
    folder.dump("20261123T010203Z-h", good_summary);
    folder.dump("20261124T010203Z-h", "", "vmcore.incomplete");
    folder.dump("other", good_summary);
    fs::create_directory_symlink(folder.path() + "/other", folder.path() + "/20261125T010203Z-link");
    const auto dumps = find_dumps({folder.path(), folder.path(), folder.path() + "/none"}).value();
    REQUIRE(dumps.size() == 2);
    CHECK(dumps[0].name == "20261124T010203Z-h");
    CHECK_FALSE(dumps[0].complete);
    CHECK(dumps[1].complete);
    CHECK(dumps[1].disk_bytes > 0);

    CHECK((*choose_dump(dumps, "latest", 0))->name == dumps[0].name);
    CHECK((*choose_dump(dumps, "latest", dumps[1].utc))->name ==
          dumps[1].name); // the other is from the future
    CHECK((*choose_dump(dumps, "20261123", 0))->name == dumps[1].name);
    CHECK((*choose_dump(dumps, dumps[1].folder + "/", 0))->name == dumps[1].name);
    CHECK(choose_dump(dumps, "2026", 0).error().kind == ErrorKind::invalid);
    CHECK(choose_dump(dumps, "x", 0).error().kind == ErrorKind::absent);
    CHECK(choose_dump(dumps, "", 0).error().kind == ErrorKind::absent);
    CHECK(choose_dump({}, "latest", 0).error().kind == ErrorKind::absent);

    CHECK_THAT(list_text(dumps, {}),
               Contains("partial") && Contains("complete") && Contains("Kernel panic - x (sysrq)"));
    CHECK_THAT(list_text({}, {"/var/crash"}), Contains("no dumps in /var/crash"));
    CHECK_THAT(show_text(dumps[1]), Contains("next: crash VMLINUX " + dumps[1].folder + "/vmcore"));
    const auto json = nlohmann::json::parse(list_json(dumps, {folder.path()}));
    CHECK(json["dumps"][1]["complete"] == true);
    CHECK(json["dumps"][0]["panic_line"].is_null());
    CHECK(nlohmann::json::parse(show_json(dumps[1]))["utc"] == "2026-11-23T01:02:03Z");
}

TEST_CASE("retention removes the oldest, and never the newest complete dump") {
    struct Row {
        Retention retention;
        std::vector<bool> complete; // newest first: the 20th of January, the 19th, ...; 2 GiB each
        std::string removed;        // days, in the order of removal
    };
    const std::vector<Row> rows = {
        {{0, 0, 0}, {true, true, true}, ""},
        {{2, 0, 0}, {true, true, true, true}, "17 18"},
        {{1, 0, 0}, {false, false, true, true}, "17 19"}, // 18 is the newest complete one
        {{1, 0, 0}, {false, true, false}, "18"},
        {{0, 3, 0}, {true, true, true, true, true, true}, "15 16 17"}, // now is the evening of the 20th
        {{0, 3, 0}, {false, false, false, false, false, true, true}, "14 16 17"},
        {{0, 0, 4}, {true, true, true}, "18"},
        {{0, 0, 1}, {true}, ""},
        {{0, 0, 4}, {false, false, true, false}, "17 19"}, // 18 has its room first
        {{5, 0, 0}, {false, false}, ""},
        {{1, 0, 0}, {false, false}, "19"},
    };
    for (const Row& row : rows) {
        std::vector<Dump> dumps;
        for (std::size_t i = 0; i < row.complete.size(); ++i)
            dumps.push_back(dump_of(20 - static_cast<int>(i), row.complete[i], 2));
        std::string removed;
        for (const Removal& removal :
             choose_removals(dumps, row.retention, dump_of(20, true, 0).utc + 80000)) {
            CHECK_FALSE(removal.reason.empty());
            removed += (removed.empty() ? "" : " ") + removal.dump->name.substr(6, 2);
        }
        CAPTURE(row.retention.count, row.retention.days, row.retention.gib, row.complete.size());
        CHECK(removed == row.removed);
    }
}

TEST_CASE("a dump from the future is the oldest, so that none of today goes for it") {
    const std::vector<Dump> dumps = {dump_of(20, true, 2), dump_of(11, true, 2), dump_of(10, true, 2),
                                     dump_of(9, true, 2)};
    const auto removed = [&](std::int64_t now) {
        std::string days;
        for (const Removal& removal : choose_removals(dumps, {1, 0, 0}, now))
            days += removal.dump->name.substr(6, 2) + " ";
        return days;
    };
    CHECK(removed(dump_of(10, true, 0).utc + 80000) == "20 09 10 "); // a clock in local time may be ahead
    CHECK(removed(dump_of(20, true, 0).utc) == "09 10 11 ");
    CHECK(removed(0) == "09 10 11 "); // our own clock is not set
}

TEST_CASE("in a folder that machines share no limit is for the others' dumps") {
    std::vector<Dump> dumps = {dump_of(20, true, 2), dump_of(19, true, 2), dump_of(18, false, 2),
                               dump_of(17, true, 2), dump_of(16, true, 2)};
    dumps[0].host = dumps[1].host = "web2";
    dumps[3].host = dumps[4].host = "web1"; // 18 was cut off before it had a summary
    std::vector<Dump> ours = dumps;
    CHECK(leave_to_others(ours, {"web1", "localhost"}) == 2);
    std::string removed;
    for (const Removal& removal : choose_removals(ours, {2, 0, 0}, dumps[0].utc))
        removed += removal.dump->name.substr(6, 2) + " ";
    CHECK(removed == "16 ");
    std::vector<Dump> theirs = dumps;
    CHECK(leave_to_others(theirs, {"web2"}) == 2);
    CHECK(theirs.size() == 3);
    dumps[0].device = "/dev/vdb1"; // a partition is not shared
    CHECK(leave_to_others(dumps, {"web1"}) == 1);
}

TEST_CASE("a removal that was interrupted is finished later and is no dump meanwhile") {
    const Folder folder;
    folder.dump("20261123T010203Z-h", good_summary);
    folder.dump("20261124T010203Z-h", good_summary);
    folder.dump(".removing-20261122T010203Z-h", good_summary);
    folder.dump(".removing-mine", good_summary);
    auto dumps = find_dumps({folder.path()}).value();
    REQUIRE(dumps.size() == 2);
    REQUIRE(remove_dump(dumps[1]));
    CHECK_FALSE(remove_dump(dumps[1])); // it is gone
    REQUIRE(remove_leftovers({folder.path(), "/no/such/folder"}));
    CHECK_FALSE(fs::exists(folder.path() + "/.removing-20261122T010203Z-h"));
    CHECK(fs::exists(folder.path() + "/.removing-mine"));
    dumps = find_dumps({folder.path()}).value();
    REQUIRE(dumps.size() == 1);
    CHECK(dumps[0].name == "20261124T010203Z-h");
}

TEST_CASE("the status tells how arming went and what was captured last") {
    AdminStatus status;
    CHECK(to_text(status).empty());
    status.arm =
        ArmRecord{1795395723, "cannot build\n  next: x", "/k", "/i.img", 1 << 20, {"kdump-capture changed"}};
    CHECK_THAT(to_text(status), Contains("arm failed:  at 2026-11-23 01:02:03Z: cannot build") &&
                                    Contains("not brought up to date"));
    status.arm->failure.clear();
    CHECK_THAT(to_text(status),
               Contains("/i.img (1.0 MiB), made anew: kdump-capture changed") && !Contains("failed"));
    status.last = describe_dump("/c/20261123T010203Z-h", good_summary, {{"vmcore", 2}});
    CHECK_THAT(to_text(status),
               Contains("last panic:  2026-11-23 01:02:03Z on h, captured: Kernel panic - x"));
    const auto json = nlohmann::json::parse(with_admin_status("{\"armed\": true}", status));
    CHECK(json["armed"] == true);
    CHECK(json["arm"]["image"] == "/i.img");
    CHECK(json["last_capture"]["complete"] == true);
    CHECK(json["settings_error"].is_null());
}

TEST_CASE("the status does not hide that the settings are wrong") {
    AdminStatus status;
    CHECK(status_exit_code(true, status) == exit_codes::success);
    CHECK(status_exit_code(false, status) == exit_codes::absent);
    status.settings_error = make_error(ErrorKind::invalid, "read settings", "/etc/kdumpkit.toml:2:1",
                                       "dump.levle is not a known key")
                                .then("did you mean dump.level?");
    CHECK(to_text(status) == "settings:    cannot read settings /etc/kdumpkit.toml:2:1: dump.levle is not a "
                             "known key\n  next: did you mean dump.level?\n");
    CHECK_THAT(nlohmann::json::parse(with_admin_status("{}", status))["settings_error"].get<std::string>(),
               Contains("/etc/kdumpkit.toml:2:1"));
    CHECK(status_exit_code(true, status) == exit_codes::invalid);
    CHECK(status_exit_code(false, status) == exit_codes::absent);
    // Somebody who may not read the file knows nothing of it.
    status.settings_error = system_error("open", "/etc/kdumpkit.toml", EACCES);
    CHECK(status_exit_code(true, status) == exit_codes::success);
    CHECK_THAT(to_text(status), Contains("settings:    cannot open"));
}

TEST_CASE("what a dump says of itself does not drive the terminal") {
    Dump dump = dump_of(3, false, 1);
    dump.panic_line = dump.panic_cause = "panic \x1b[2J\nsay: \xff";
    dump.host = dump.kernel = "h\x1b]0;x\x07";
    dump.why_not = "cut\x1b[0m";
    dump.folder += "\x1b[1m";
    dump.name += "\x1b[1m";
    dump.shipped = {"sftp://x\x1b[1m"};
    dump.files = {{"vmcore\x1b", 1}};
    AdminStatus status;
    status.last = dump;
    std::string journal;
    for (const auto& [name, value] : journal_entry(dump))
        if (name == "MESSAGE")
            journal = value;
    const Removal removal{&dump, "old"};
    for (const std::string& text : {list_text({dump}, {"/x"}), list_text({}, {"/\x1b"}), show_text(dump),
                                    to_text(status), prune_text({removal}, true), journal})
        CHECK_THAT(text, !Contains("\x1b") && !Contains("\xff") && Contains("\\x1b"));
    // JSON escapes by itself, and what is no UTF-8 stops nobody.
    for (const std::string& text : {list_json({dump}, {}), show_json(dump), with_admin_status("{}", status)})
        CHECK(nlohmann::json::accept(text));
}
