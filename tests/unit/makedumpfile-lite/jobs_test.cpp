// SPDX-License-Identifier: GPL-2.0-or-later
// info, verify, salvage, and dumping a dump again: the program on dumps that were put together by hand.
#include "base/file.h"
#include "makedumpfile-lite/faults.h"
#include "makedumpfile-lite/memory_picture.h"
#include "makedumpfile-lite/program.h"
#include "makedumpfile-lite/source/image.h"
#include "tests/unit/makedumpfile-lite/folder.h"
#include "tests/unit/makedumpfile-lite/source/kdump_bytes.h"

#include <algorithm>

#include <catch2/catch.hpp>
#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

using namespace kdumpkit;
using namespace kdumpkit::dump;
using test::Folder;
using test::KdumpBytes;

namespace {

struct Outcome {
    int code = -1;
    std::string out, err;
};

// The program in this process, its output in files.
Outcome run(const Folder& folder, std::vector<std::string> arguments) {
    Outcome outcome;
    const int saved[] = {::dup(STDOUT_FILENO), ::dup(STDERR_FILENO)};
    {
        const auto out = open_file(folder / "stdout", O_WRONLY | O_CREAT | O_TRUNC);
        const auto err = open_file(folder / "stderr", O_WRONLY | O_CREAT | O_TRUNC);
        ::dup2(out->get(), STDOUT_FILENO);
        ::dup2(err->get(), STDERR_FILENO);
        outcome.code = run_program(arguments);
        ::dup2(saved[0], STDOUT_FILENO);
        ::dup2(saved[1], STDERR_FILENO);
    }
    ::close(saved[0]);
    ::close(saved[1]);
    outcome.out = *read_text(folder / "stdout");
    outcome.err = *read_text(folder / "stderr");
    return outcome;
}

bool says(const std::string& text, std::string_view what) {
    return text.find(what) != std::string::npos;
}

} // namespace

TEST_CASE("a dump is dumped again: other compression, the same pages and facts") {
    const Folder folder;
    KdumpBytes().write(folder / "old");
    const auto how = GENERATE("-z", "-l", "-c", "-p", "--compress=none");
    const auto done =
        run(folder, {"-d", "0", how, "--summary", folder / "s", folder / "old", folder / "new"});
    INFO(done.err);
    REQUIRE(done.code == 0);
    const auto summary = nlohmann::json::parse(*read_text(folder / "s"));
    CHECK(summary["pages"]["total"] == 284);
    CHECK(summary["pages"]["kept"] == 52);
    CHECK(summary["pages"]["not_in_source"] == 232);
    CHECK(summary["source"]["format"] == "kdump-compressed");
    const auto image = open_image(folder / "new");
    REQUIRE(image);
    CHECK_FALSE((*image)->truncated());
    CHECK((*image)->memory() == RangeSet{{16 * 4096, 300 * 4096}});
    CHECK((*image)->present()->count() == 52);
    CHECK((*image)->header()->level == 31);
    CHECK((*image)->header()->release == "6.1.0-test");
    CHECK((*image)->header()->phys_base == 0x1000000);
    CHECK((*image)->header()->crash_time == 1700000000);
    CHECK(as_text((*image)->header()->eraseinfo) == "erase secret 16\n");
    CHECK((*image)->vmcoreinfo() == KdumpBytes().text);
    const auto reader = (*image)->reader();
    for (std::uint64_t pfn = KdumpBytes::first; pfn < KdumpBytes::saved_end; pfn += 2) {
        const auto page = reader->view(pfn * 4096, 4096);
        REQUIRE(page);
        CHECK(std::vector<std::byte>(page->begin(), page->end()) == KdumpBytes::page(pfn));
    }
}

TEST_CASE("info tells what a dump is, for people and for programs") {
    const Folder folder;
    KdumpBytes dump;
    dump.put_text(12 + 65, "evil\x1b[2J"); // must not reach the terminal
    dump.write(folder / "dump");
    const auto text = run(folder, {"info", folder / "dump"});
    INFO(text.err << text.out);
    CHECK(text.code == 0);
    for (const char* words :
         {"kdump-compressed, header version 6, compression zlib, dump level 31", "complete",
          "6.1.0-test x86_64", "2023-11-14 22:13:20 UTC", "evil\\x1b[2J", "OSRELEASE", "erase secret"})
        CHECK(says(text.out, words));
    const auto json = run(folder, {"info", "--json", folder / "dump"});
    REQUIRE(json.code == 0);
    const auto info = nlohmann::json::parse(json.out);
    CHECK(info["pages"]["memory"] == 284);
    CHECK(info["pages"]["present"] == 52);
    CHECK(info["complete"] == true);
    CHECK(info["cpus"] == 1);
    CHECK(info["vmcoreinfo"]["PAGESIZE"] == "4096");
    CHECK(info["lowest"] == 16 * 4096);
    dump.bytes.resize(dump.bytes.size() - 5000);
    dump.write(folder / "cut");
    CHECK(says(run(folder, {"info", folder / "cut"}).out, "INCOMPLETE"));
    CHECK(run(folder, {"info", folder / "nothing"}).code == exit_codes::absent);
}

TEST_CASE("the picture of memory shows what is there, what is saved, and what is nothing") {
    PageSet memory(4096), saved(4096);
    memory.insert(0, 64);
    memory.insert(3072, 3136);
    saved.insert(0, 1);
    saved.insert(3, 5);
    saved.insert(3072, 3136);
    // Four rows of 64 cells: 16 pages a cell.
    CHECK(memory_picture(memory, saved, 4096, 4, false) ==
          "each cell 64 KiB: . not saved, : + * in part, # all\n"
          "               0 :...\n"
          "  ...\n"
          "          c00000 ####\n");
    saved.insert(16, 24);
    saved.insert(32, 47);
    CHECK(says(memory_picture(memory, saved, 4096, 4, false), " 0 :+*.\n"));
    CHECK(says(memory_picture(memory, saved, 4096, 4, true), "████"));
}

TEST_CASE("verify finds a good dump good and names what is wrong with a damaged one") {
    const Folder folder;
    KdumpBytes dump;
    dump.write(folder / "dump");
    const auto good = run(folder, {"verify", folder / "dump"});
    INFO(good.err << good.out);
    CHECK(good.code == 0);
    CHECK(says(good.out, "good: kdump-compressed, all of its 52 pages can be read"));

    dump.put64(KdumpBytes::descriptor(20), 1 << 30);
    dump.put64(KdumpBytes::descriptor(30), 8);
    dump.write(folder / "dump");
    const auto bad = run(folder, {"verify", folder / "dump"});
    CHECK(bad.code == exit_codes::corrupt);
    CHECK(says(bad.out, "page 0x14: missing"));
    CHECK(says(bad.out, "page 0x1e: its data at 0x8 lies among the headers"));
    CHECK(says(bad.err, "next: "));
    const auto json = nlohmann::json::parse(run(folder, {"verify", "--json", folder / "dump"}).out);
    CHECK(json["good"] == false);
    CHECK(json["readable_pages"] == 50);
    CHECK(json["fault_count"] == json["faults"].size());
}

TEST_CASE("a list of faults is bounded, and neighbours share a line") {
    Faults faults;
    for (std::uint64_t pfn = 5; pfn < 10; ++pfn)
        faults.add_page(pfn, "torn");
    CHECK(faults.lines() == std::vector<std::string>{"pages 0x5 to 0x9: torn"});
    CHECK(faults.pages() == 5);
    for (std::uint64_t pfn = 100; pfn < 1000; pfn += 2)
        faults.add_page(pfn, "torn");
    CHECK(faults.lines().size() == Faults::most_listed + 1);
    CHECK(faults.lines().back() == "and 351 more");
    CHECK(faults.count() == 451);
}

TEST_CASE("salvage saves what can be read and says what is lost") {
    const Folder folder;
    KdumpBytes dump;
    dump.put64(KdumpBytes::descriptor(20), 1 << 30);
    dump.put32(KdumpBytes::descriptor(22) + 12, 0x40);
    dump.bytes.resize(dump.bytes.size() - 1);
    dump.write(folder / "damaged");
    const auto done = run(folder, {"salvage", "-z", folder / "damaged", folder / "good"});
    INFO(done.err);
    CHECK(done.code == 0);
    CHECK(says(done.err, "lost: page 0x14: missing"));
    CHECK(says(done.err, "lost: page 0x16: its descriptor's flags 0x40"));
    CHECK(says(done.err, "is incomplete: 49 pages can be read"));
    const auto image = open_image(folder / "good");
    REQUIRE(image);
    CHECK((*image)->truncated());
    CHECK((*image)->present()->count() == 49);
    const auto reader = (*image)->reader();
    const auto page = reader->view(24 * 4096, 4096);
    REQUIRE(page);
    CHECK(std::vector<std::byte>(page->begin(), page->end()) == KdumpBytes::page(24));
    CHECK(reader->view(20 * 4096, 4096).error().kind == ErrorKind::absent);
    // Nothing to save leaves no file.
    dump.bytes.resize(dump.data);
    dump.write(folder / "empty");
    const auto nothing = run(folder, {"salvage", folder / "empty", folder / "none"});
    CHECK(nothing.code == exit_codes::corrupt);
    CHECK_FALSE(file_exists(folder / "none"));
}
