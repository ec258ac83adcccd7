// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/capture_log.h"
#include "capture/chain.h"
#include "capture/crash_log.h"
#include "capture/dump_folder.h"
#include "capture/memory_watch.h"
#include "capture/mounts.h"
#include "capture/program.h"
#include "capture/summary.h"
#include "capture/target_capture.h"
#include "fake_system.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace kdumpkit;
using namespace kdumpkit::capture;

TEST_CASE("lines are cut, bounded and cleaned") {
    std::vector<std::string> lines;
    LineCutter cutter([&](std::string_view line) { lines.emplace_back(line); });
    cutter.feed("one\ntw");
    cutter.feed("o\r 42 %\r\n\n\x1b[2Jx\t\x7f");
    cutter.finish();
    CHECK(lines == std::vector<std::string>{"one", "two", " 42 %", "?[2Jx\t?"});
    lines.clear();
    cutter.feed(std::string(2500, 'a'));
    cutter.finish();
    REQUIRE(lines.size() == 3);
    CHECK(lines[0].size() == LineCutter::line_limit);
}

TEST_CASE("a program's output and end are told, and a silent one ticks") {
    std::vector<std::string> lines;
    int ticks = 0;
    ProgramWatch watch;
    watch.line = [&](std::string_view line) { lines.emplace_back(line); };
    watch.tick = [&](double) {
        ++ticks;
        return TickAnswer::go_on;
    };
    watch.tick_interval = std::chrono::milliseconds(5);
    const auto status =
        run_program({"/bin/sh", "-c", "echo out; echo err >&2; sleep 0.2; printf rest; exit 7"}, watch);
    REQUIRE(status);
    CHECK(status->code == 7);
    CHECK(status->peak_rss > 0);
    CHECK(lines == std::vector<std::string>{"out", "err", "rest"});
    CHECK(ticks > 0);
    CHECK_FALSE(run_program({"/nonexistent/program"}, watch));
}

TEST_CASE("a program's end does not wait for a child that keeps the pipe") {
    ProgramWatch watch;
    const auto begin = std::chrono::steady_clock::now();
    const auto status = run_program({"/bin/sh", "-c", "sleep 30 & exit 0"}, watch);
    REQUIRE(status);
    CHECK(status->success());
    CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(25));
}

TEST_CASE("the log holds what was said before there was a file, within its limit") {
    TemporaryFolder folder;
    FakeSystem system;
    CaptureLog log(system);
    log.say("early {}", 1);
    REQUIRE(log.attach(folder / "capture.log"));
    log.say("late");
    CHECK(system.said == std::vector<std::string>{"kdump-capture: early 1", "kdump-capture: late"});
    const std::string text = get_file(folder / "capture.log");
    CHECK(text.find("] early 1\n") != std::string::npos);
    CHECK(text.find("] late\n") != std::string::npos);

    log.detach();
    const std::string wide(1000, 'w');
    for (int i = 0; i < 1000; ++i)
        log.line(wide);
    REQUIRE(log.attach(folder / "second.log"));
    const std::string second = get_file(folder / "second.log");
    CHECK(second.size() <= CaptureLog::history_limit + 100);
    CHECK(second.size() > CaptureLog::history_limit / 2);
}

TEST_CASE("lines that found the disk full are written once there is room again") {
    TemporaryFolder folder;
    FakeSystem system;
    CaptureLog log(system);
    REQUIRE(log.attach(folder / "capture.log"));
    log.say("first");
    system.write_limit["capture.log"] = 10;
    log.say("second");
    system.write_limit.clear();
    log.say("third");
    const std::string text = get_file(folder / "capture.log");
    CHECK(text.find("first") < text.find("second"));
    CHECK(text.find("second") < text.find("third"));
    CHECK(text.find("third") != std::string::npos);
}

TEST_CASE("an error's next step is a line of its own") {
    FakeSystem system;
    CaptureLog log(system);
    log.error(make_error(ErrorKind::absent, "open", "x", "it is not there").then("Put it there."));
    CHECK(system.said == std::vector<std::string>{"kdump-capture: cannot open x: it is not there",
                                                  "kdump-capture:   next: Put it there."});
}

TEST_CASE("meminfo and the worst moment") {
    CHECK(parse_meminfo("MemTotal:  10 kB\nMemFree: 3 kB\nMemAvailable: 7 kB\n") == Meminfo{10, 7});
    CHECK_FALSE(parse_meminfo("MemTotal:  10 kB\n"));
    CHECK_FALSE(parse_meminfo("MemTotal:\nMemAvailable:"));
    TemporaryFolder folder;
    MemoryWatch watch(folder / "meminfo");
    watch.sample();
    CHECK_FALSE(watch.at_start());
    for (const int available : {100, 40, 90}) {
        put_file(folder / "meminfo", fmt::format("MemTotal: 200 kB\nMemAvailable: {} kB\n", available));
        watch.sample();
    }
    CHECK(watch.at_start()->available == 100);
    CHECK(watch.lowest_available() == 40u);
    CHECK(watch.peak_taken() == 60u);
}

TEST_CASE("a dump's folder is named by time and host, and a host cannot leave it") {
    const std::string boot_id = "0f3a9c21-5b7e-4c80-9d7e-64a5b1c2d3e4\n";
    CHECK(dump_folder_name(1795395723, "db1.example.org", boot_id) == "20261123T010203Z-db1.example.org");
    CHECK(dump_folder_name(0, "", "") == "19700101T000000Z-unknown");
    CHECK(dump_folder_name(0, "../../etc", "") == "19700101T000000Z-.._.._etc");
    CHECK(dump_folder_name(0, std::string(500, 'h'), boot_id).size() < 100);
}

TEST_CASE("dumps of a machine whose clock is not set have different names") {
    CHECK(dump_folder_name(12, "db1", "0f3a9c21-5b7e-4c80\n") == "19700101T000012Z-db1-0f3a9c21");
    CHECK(dump_folder_name(12, "db1", "77e01b5d-1111-4c80\n") == "19700101T000012Z-db1-77e01b5d");
}

TEST_CASE("folders are made down to the last, and a file in the way is an error") {
    TemporaryFolder folder;
    REQUIRE(make_folders(folder / "a/b/c"));
    CHECK(std::filesystem::is_directory(folder / "a/b/c"));
    REQUIRE(make_folders(folder / "a/b/c"));
    put_file(folder / "file", "x");
    CHECK(make_folders(folder / "file").error().side == ErrorSide::destination);
    CHECK(make_folders(folder / "file/below").error().side == ErrorSide::destination);
}

TEST_CASE("reserved room goes away with its owner") {
    TemporaryFolder folder;
    {
        const auto room = ReservedRoom::make(folder.path.string());
        REQUIRE(room);
        CHECK(std::filesystem::file_size(folder / ".room") == ReservedRoom::bytes);
    }
    CHECK_FALSE(std::filesystem::exists(folder / ".room"));
    CHECK(ReservedRoom::make(folder / "nowhere").error().side == ErrorSide::destination);
}

TEST_CASE("a summary survives foreign bytes and a collector's nonsense") {
    Summary summary;
    summary.host = "\xff\xfe";
    summary.collector_json = "{ not json";
    summary.panic = PanicLine{"Kernel panic \xf0\x28", "x", std::nullopt};
    const MemoryWatch memory("/nonexistent");
    const auto value = nlohmann::json::parse(to_json(summary, memory));
    CHECK(value["collector"].is_null());
    CHECK(value["state"] == "in progress");
    CHECK(value["memory"]["total_kib"].is_null());
    summary.collector_json = "[1, 2]";
    CHECK(nlohmann::json::parse(to_json(summary, memory))["collector"].is_null());
    CHECK(says_incomplete("{\"complete\": false}"));
    CHECK_FALSE(says_incomplete("{\"complete\": true}"));
    CHECK_FALSE(says_incomplete("{\"complete\": \"no\"}"));
    CHECK_FALSE(says_incomplete("{}"));
    CHECK_FALSE(says_incomplete(""));
}

TEST_CASE("the end of a large log begins with a whole line") {
    TemporaryFolder folder;
    std::string text;
    while (text.size() < (std::size_t{2} << 20))
        text += fmt::format("line {}\n", text.size());
    put_file(folder / "dmesg.txt", text + "last\n");
    const auto end = read_log_end(folder / "dmesg.txt");
    REQUIRE(end);
    CHECK(end->size() <= (std::size_t{1} << 20));
    CHECK(end->starts_with("line "));
    CHECK(end->ends_with("last\n"));
    put_file(folder / "small", "a\nb\n");
    CHECK(read_log_end(folder / "small").value() == "a\nb\n");
}

TEST_CASE("which targets get the dump depends on what is there and whose fault it was") {
    struct Row {
        std::vector<TargetEnd> ends;
        unsigned copies;
        bool wanted;
    };
    const TargetEnd dead{Saved::nothing, false, true}, full{Saved::partial, true, true},
        good{Saved::complete, true, true}, broken_memory{Saved::partial, true, false};
    const std::vector<Row> rows{
        {{}, 1, true},           {{dead}, 1, true}, {{full}, 1, true},        {{broken_memory}, 1, false},
        {{good}, 1, false},      {{good}, 2, true}, {{good, good}, 2, false}, {{good, good}, 0, true},
        {{full, good}, 1, false}};
    for (const Row& row : rows) {
        Progress progress;
        for (std::size_t i = 0; i < row.ends.size(); ++i)
            note(progress, row.ends[i], fmt::format("t{}", i));
        CAPTURE(&row - rows.data());
        CHECK(wants_dump(progress, row.copies) == row.wanted);
    }
    Progress progress;
    note(progress, full, "first");
    note(progress, good, "second");
    note(progress, dead, "third");
    CHECK(progress.best == Saved::complete);
    CHECK(progress.where == "second");
    CHECK(progress.words);
}

TEST_CASE("what an isolated process answers is read back, and nonsense is not") {
    for (const Saved saved : {Saved::nothing, Saved::partial, Saved::complete})
        for (const bool flag : {true, false}) {
            const auto end = parse_target_end(to_json(TargetEnd{saved, flag, !flag}));
            REQUIRE(end);
            CHECK(end->saved == saved);
            CHECK(end->words == flag);
            CHECK(end->blames_destination == !flag);
        }
    for (const char* text : {"", "{", "[]", "{}", R"({"saved": 1})", R"({"saved": "much"})"})
        CHECK_FALSE(parse_target_end(text));
}
