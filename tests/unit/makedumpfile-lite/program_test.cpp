// SPDX-License-Identifier: GPL-2.0-or-later
// The program as its users meet it: started with arguments, judged by exit code, messages and files.
#include "base/bytes.h"
#include "base/file.h"
#include "base/process.h"
#include "tests/unit/makedumpfile-lite/fake_image.h"
#include "tests/unit/makedumpfile-lite/folder.h"
#include "tests/unit/makedumpfile-lite/program.h"

#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>
#include <elf.h>
#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <sys/resource.h>
#include <unistd.h>

using namespace kdumpkit;
using namespace dump::test;

TEST_CASE("help and version go to standard output") {
    const Folder folder;
    const auto help = run(folder, {"--help"});
    CHECK(help.code == 0);
    CHECK(help.out.find("--dump-level") != std::string::npos);
    CHECK(run(folder, {"-v"}).out.starts_with("makedumpfile-lite "));
}

TEST_CASE("a vmcore without VMCOREINFO is copied whole at level 0 or 1, with a statement") {
    const Folder folder;
    write_vmcore(folder / "vmcore", "");
    const auto level = GENERATE("0", "1");
    const auto done =
        run(folder, {"-d", level, "-c", "--summary", folder / "s.json", folder / "vmcore", folder / "out"});
    INFO(done.err);
    REQUIRE(done.code == 0);
    CHECK(done.err.find("VMCOREINFO") != std::string::npos);
    const auto json = nlohmann::json::parse(*read_text(folder / "s.json"));
    CHECK(json["complete"] == true);
    CHECK(json["pages"]["kept"] == vmcore_pages);
    CHECK(json["pages"]["zero"] == (*level == '1' ? vmcore_pages / 5 : 0));
    // At level 0 a page of zeros is a page like any other: stored once, and shared.
    CHECK(json["pages"]["zero"] == (*level == '1' ? vmcore_pages / 5 : 0));
    CHECK(json["pages"]["shared"] == (*level == '1' ? 0 : vmcore_pages / 5 - 1));
    CHECK(json["pages"]["written"] == vmcore_pages * 4 / 5 + (*level == '1' ? 0 : 1));
    CHECK(json["bytes"]["written"] == std::filesystem::file_size(folder / "out"));
    CHECK(json["warnings"].size() == 1);
}

TEST_CASE("filtering needs VMCOREINFO") {
    const Folder folder;
    write_vmcore(folder / "vmcore", "");
    const auto failed = run(folder, {"-d", "31", folder / "vmcore", folder / "out"});
    check_failure(failed, exit_codes::absent, "use -d 1");
    CHECK_FALSE(file_exists(folder / "out"));
}

TEST_CASE("no kind of dump depends on the number of workers") {
    const Folder folder;
    write_vmcore(folder / "vmcore", "");
    const auto compression = GENERATE("none", "lzo", "snappy", "zlib", "zstd");
    const auto format =
        GENERATE(as<std::vector<std::string>>{}, std::vector<std::string>{}, std::vector<std::string>{"-F"},
                 std::vector<std::string>{"-E"}, std::vector<std::string>{"-E", "-F"},
                 std::vector<std::string>{"--format", "stream"}, std::vector<std::string>{"--split"});
    const bool elf = !format.empty() && format[0] == "-E";
    const bool stream = format.size() == 2 && format[1] == "stream";
    if ((elf && std::string(compression) != "none") || (stream && std::string(compression) != "zstd"))
        return; // no such thing
    const auto dump_with = [&](const char* workers) {
        const std::string name = folder / workers;
        std::vector<std::string> words = {"-d1", "--workers", workers};
        if (!elf)
            words.insert(words.end(), {"--compress", compression});
        words.insert(words.end(), format.begin(), format.end());
        words.insert(words.end(), {folder / "vmcore", name});
        if (!format.empty() && format[0] == "--split")
            words.push_back(name + "-2");
        const auto done = run(folder, words);
        INFO(done.err);
        REQUIRE(done.code == 0);
        auto bytes = *read_file(name);
        if (!format.empty() && format[0] == "--split") {
            const auto second = *read_file(name + "-2");
            bytes.insert(bytes.end(), second.begin(), second.end());
        }
        return bytes;
    };
    const auto one = dump_with("1");
    CHECK(dump_with("2") == one);
    CHECK(dump_with("5") == one);
}

TEST_CASE("memory has a limit, which is told, kept or refused") {
    const Folder folder;
    write_vmcore(folder / "vmcore", "");
    const auto dump_with = [&](const char* limit, const char* workers) {
        return run(folder, {"-d1", "-c", "-f", "--memory-limit", limit, "--workers", workers, "--summary",
                            folder / "s.json", folder / "vmcore", folder / workers});
    };
    check_failure(dump_with("1M", "1"), exit_codes::invalid, "--memory-limit");
    CHECK_FALSE(file_exists(folder / "1"));
    REQUIRE(dump_with("1G", "8").code == 0);
    CHECK(nlohmann::json::parse(*read_text(folder / "s.json"))["workers"] == 8);
    const auto tight = dump_with("16M", "7");
    INFO(tight.err);
    REQUIRE(tight.code == 0);
    const auto json = nlohmann::json::parse(*read_text(folder / "s.json"));
    CHECK(json["workers"] < 7);
    CHECK(json["memory"]["limit"] == 16 << 20);
    CHECK(json["memory"]["budget"] <= 16 << 20);
    CHECK(json["memory"]["held"] > 0);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) // whose own memory is above the limit
    CHECK(json["warnings"].size() == 1);                            // that there is no VMCOREINFO
#endif
    CHECK(*read_file(folder / "7") == *read_file(folder / "8"));
}

TEST_CASE("bad input is refused and leaves nothing behind") {
    const Folder folder;
    const auto attempt = [&](std::vector<std::string> options) {
        options.insert(options.end(), {folder / "vmcore", folder / "out"});
        const auto outcome = run(folder, options);
        CHECK_FALSE(file_exists(folder / "out"));
        return outcome;
    };
    SECTION("no vmcore") {
        check_failure(attempt({}), exit_codes::absent, "vmcore");
    }
    SECTION("an empty one") {
        REQUIRE(write_file_atomically(folder / "vmcore", std::string_view("")));
        check_failure(attempt({}), exit_codes::corrupt, "is empty");
    }
    SECTION("not a crash image") {
        REQUIRE(write_file_atomically(folder / "vmcore", std::string_view("#!/bin/sh\n")));
        check_failure(attempt({}), exit_codes::corrupt, "not a crash image");
    }
    SECTION("a folder") {
        REQUIRE(std::filesystem::create_directory(folder / "vmcore"));
        check_failure(attempt({}), exit_codes::invalid, "is a folder");
    }
    SECTION("truncated headers") {
        write_vmcore(folder / "vmcore", "");
        std::filesystem::resize_file(folder / "vmcore", 100);
        check_failure(attempt({"-d1"}), exit_codes::corrupt, "ends");
    }
    SECTION("lying headers") {
        write_vmcore(folder / "vmcore", "");
        std::fstream file(folder / "vmcore", std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(sizeof(Elf64_Ehdr) + sizeof(Elf64_Phdr) + offsetof(Elf64_Phdr, p_filesz));
        const std::uint64_t lie = ~std::uint64_t{0} - 4096;
        file.write(reinterpret_cast<const char*>(&lie), sizeof(lie));
        file.close();
        check_failure(attempt({"-d1"}), exit_codes::corrupt, "");
    }
    SECTION("an invalid level") {
        check_failure(attempt({"-d", "32"}), exit_codes::invalid, "next:");
    }
    SECTION("an option that is left to others") {
        check_failure(attempt({"--eppic", "x"}), exit_codes::unsupported, "next:");
    }
}

TEST_CASE("of a truncated vmcore all that is there is saved, and the dump is marked incomplete") {
    const Folder folder;
    write_vmcore(folder / "vmcore", "");
    std::filesystem::resize_file(folder / "vmcore", 300 * 4096);
    const auto done = run(folder, {"-d1", "--summary", folder / "s", folder / "vmcore", folder / "out"});
    check_failure(done, exit_codes::corrupt, "truncated");
    CHECK(done.err.find("is incomplete: 296 pages can be read") != std::string::npos);
    const auto summary = nlohmann::json::parse(*read_text(folder / "s"));
    CHECK(summary["complete"] == false);
    CHECK(summary["source"]["truncated"] == true);
    CHECK(summary["pages"]["not_in_source"] == 304);
    // Saved again, it has the same pages and is as incomplete as before.
    const auto again = run(folder, {"-d1", "-z", folder / "out", folder / "again"});
    INFO(again.err);
    check_failure(again, exit_codes::corrupt, "is incomplete: 296 pages can be read");
    CHECK(again.err.find("never finished, but all of its 296 pages are there") != std::string::npos);
}

TEST_CASE("of a truncated vmcore each part of a split dump has what is there, and together they are a dump") {
    const Folder folder;
    write_vmcore(folder / "vmcore", "");
    std::filesystem::resize_file(folder / "vmcore", 300 * 4096);
    const auto done = run(folder, {"-d1", "--split", "--splitblock-size", "4", folder / "vmcore",
                                   folder / "one", folder / "two", folder / "three"});
    check_failure(done, exit_codes::corrupt, "truncated");
    for (const char* part : {"one", "two", "three"}) {
        INFO(part);
        CHECK(read_text(folder / part)->starts_with("KDUMP   "));
    }
    const auto whole =
        run(folder, {"--reassemble", folder / "two", folder / "three", folder / "one", folder / "whole"});
    INFO(whole.err);
    CHECK(std::filesystem::exists(folder / "whole"));
    const auto again = run(folder, {"-d1", folder / "whole", folder / "again"});
    check_failure(again, exit_codes::corrupt, "296 pages can be read");
}

TEST_CASE("nothing that is read is written over, and nothing is written twice, not even by -f") {
    const Folder folder;
    write_vmcore(folder / "vmcore", "");
    const std::string before = *read_text(folder / "vmcore");
    REQUIRE(write_file_atomically(folder / "layout", std::string_view("SIZE(page)=64\n")));
    std::filesystem::create_symlink("one", folder / "link");
    const std::vector<std::vector<std::string>> wrong = {
        {"--summary", folder / "vmcore", folder / "vmcore", folder / "out"},
        {"--summary", folder / "out", folder / "vmcore", folder / "out"},
        {"--layout", folder / "layout", folder / "vmcore", folder / "layout"},
        {"--config", folder / "layout", folder / "vmcore", folder / "layout"},
        {"--split", folder / "vmcore", folder / "one", folder / "./one"},
        {"--split", folder / "vmcore", folder / "one", folder / "link"},
        {"--dry-run", "--summary", folder / "vmcore", folder / "vmcore"},
    };
    for (auto arguments : wrong) {
        INFO(arguments[0] << ' ' << arguments[1]);
        arguments.insert(arguments.begin(), "-f");
        check_failure(run(folder, arguments), exit_codes::invalid, "name another file");
    }
    CHECK(*read_text(folder / "vmcore") == before);
    CHECK(read_text(folder / "layout")->starts_with("SIZE(page)"));
}

TEST_CASE("an existing dump is kept, unless -f") {
    const Folder folder;
    write_vmcore(folder / "vmcore", "");
    REQUIRE(write_file_atomically(folder / "out", std::string_view("precious")));
    check_failure(run(folder, {folder / "vmcore", folder / "out"}), exit_codes::invalid, "-f");
    CHECK(*read_text(folder / "out") == "precious");
    CHECK(run(folder, {"-f", folder / "vmcore", folder / "out"}).code == 0);
    CHECK(read_text(folder / "out")->starts_with("KDUMP   "));
}

TEST_CASE("the vmcore itself is never the dump, not even by -f") {
    const Folder folder;
    write_vmcore(folder / "vmcore", "");
    const auto before = *read_file(folder / "vmcore");
    std::filesystem::create_hard_link(folder / "vmcore", folder / "link");
    check_failure(run(folder, {"-f", folder / "vmcore", folder / "link"}), exit_codes::invalid,
                  "another file");
    CHECK(*read_file(folder / "vmcore") == before);
}

TEST_CASE("a destination that fails has an exit code of its own") {
    const Folder folder;
    write_vmcore(folder / "vmcore", "");
    SECTION("no such folder") {
        check_failure(run(folder, {folder / "vmcore", folder / "none/out"}), exit_codes::destination,
                      "none/out");
    }
    SECTION("a folder") {
        check_failure(run(folder, {folder / "vmcore", folder / "."}), exit_codes::destination, "directory");
        check_failure(run(folder, {"-f", folder / "vmcore", folder / "."}), exit_codes::destination,
                      "directory");
    }
    SECTION("no folder for the summary: known before the work") {
        check_failure(
            run(folder, {"-d31", "--summary", folder / "none/s", folder / "vmcore", folder / "out"}),
            exit_codes::destination, "none/s");
        CHECK_FALSE(file_exists(folder / "out"));
    }
    SECTION("no folder for the dump: known before the kernel is looked for") {
        check_failure(run(folder, {"-d31", folder / "vmcore", folder / "none/out"}), exit_codes::destination,
                      "none/out");
    }
    SECTION("an existing file stays as it is when the work cannot begin") {
        REQUIRE(write_file_atomically(folder / "out", std::string_view("precious")));
        check_failure(run(folder, {"-f", "-d31", folder / "vmcore", folder / "out"}), exit_codes::absent,
                      "-d 1");
        CHECK(*read_text(folder / "out") == "precious");
    }
    SECTION("no room for a single page: nothing is left") {
        struct rlimit before {};
        ::getrlimit(RLIMIT_FSIZE, &before);
        struct rlimit small = before;
        small.rlim_cur = 8192;
        ::setrlimit(RLIMIT_FSIZE, &small);
        const auto full = run(folder, {"-d0", folder / "vmcore", folder / "out"});
        ::setrlimit(RLIMIT_FSIZE, &before);
        check_failure(full, exit_codes::destination, "File too large");
        CHECK_FALSE(file_exists(folder / "out"));
    }
    SECTION("a full device") {
        const auto full =
            run(folder, {"-f", "-d1", "--summary", folder / "s.json", folder / "vmcore", "/dev/full"});
        check_failure(full, exit_codes::destination, "No space left");
        const auto json = nlohmann::json::parse(*read_text(folder / "s.json"));
        CHECK(json["complete"] == false);
        CHECK(json["error"].get<std::string>().find("No space left") != std::string::npos);
    }
    SECTION("a file that may not grow: what is there stays, marked incomplete") {
        struct rlimit before {};
        ::getrlimit(RLIMIT_FSIZE, &before);
        struct rlimit small = before;
        small.rlim_cur = 1 << 20;
        ::setrlimit(RLIMIT_FSIZE, &small);
        const auto full = run(folder, {"-d0", folder / "vmcore", folder / "out"});
        ::setrlimit(RLIMIT_FSIZE, &before);
        check_failure(full, exit_codes::destination, "File too large");
        CHECK(full.err.find("is incomplete") != std::string::npos);
        const auto bytes = *read_file(folder / "out");
        CHECK((*ByteReader(bytes).u32(424) & 8) != 0);
    }
}

TEST_CASE("no log to extract leaves no file") {
    const Folder folder;
    write_vmcore(folder / "vmcore", "");
    check_failure(run(folder, {"--dump-dmesg", folder / "vmcore", folder / "dmesg"}), exit_codes::absent,
                  "VMCOREINFO");
    CHECK_FALSE(file_exists(folder / "dmesg"));
}

TEST_CASE("message level 0 is silence, the exit code still tells") {
    const Folder folder;
    const auto silent = run(folder, {"--message-level", "0", folder / "none", folder / "out"});
    CHECK(silent.code == exit_codes::absent);
    CHECK(silent.err.empty());
}
