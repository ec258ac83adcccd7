// SPDX-License-Identifier: GPL-2.0-or-later
// The program as its users meet it: started with arguments, judged by exit code, messages and files.
#include "base/bytes.h"
#include "base/file.h"
#include "base/process.h"
#include "tests/unit/makedumpfile-lite/fake_image.h"
#include "tests/unit/makedumpfile-lite/folder.h"

#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>
#include <elf.h>
#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <sys/resource.h>
#include <unistd.h>

using namespace kdumpkit;
using dump::test::FakeImage;
using dump::test::Folder;

namespace {

struct Outcome {
    int code;
    std::string out, err;
};

Outcome run(const Folder& folder, std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), PROGRAM_DIR "/makedumpfile-lite");
    Outcome outcome;
    {
        const auto out = open_file(folder / "stdout", O_WRONLY | O_CREAT | O_TRUNC);
        const auto err = open_file(folder / "stderr", O_WRONLY | O_CREAT | O_TRUNC);
        auto child = spawn({arguments, -1, out->get(), err->get()});
        REQUIRE(child);
        const auto status = child->wait(std::chrono::seconds(60));
        REQUIRE(status);
        INFO(status->text());
        REQUIRE(status->signal == 0);
        outcome.code = status->code;
    }
    outcome.out = *read_text(folder / "stdout");
    outcome.err = *read_text(folder / "stderr");
    return outcome;
}

// Every failure is one message with a next step.
void check_failure(const Outcome& outcome, int code, std::string_view said) {
    INFO(outcome.err);
    CHECK(outcome.code == code);
    CHECK(outcome.err.find("error: cannot ") != std::string::npos);
    CHECK(outcome.err.find(said) != std::string::npos);
    CHECK(outcome.err.find("\n  next: ") != std::string::npos);
}

constexpr std::uint64_t vmcore_pages = 600;

// A vmcore of `vmcore_pages` made-up pages from address 0, in two segments with a hole of 100 pages.
void write_vmcore(const std::string& path, const std::string& vmcoreinfo) {
    std::vector<std::byte> notes;
    dump::test::add_note(notes, "CORE", NT_PRSTATUS, std::string(336, 'r'));
    if (!vmcoreinfo.empty())
        dump::test::add_note(notes, "VMCOREINFO", 0, vmcoreinfo);
    Elf64_Ehdr header{};
    std::memcpy(header.e_ident, ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = ELFCLASS64;
    header.e_ident[EI_DATA] = ELFDATA2LSB;
    header.e_ident[EI_VERSION] = EV_CURRENT;
    header.e_type = ET_CORE;
    header.e_machine = EM_X86_64;
    header.e_version = EV_CURRENT;
    header.e_phoff = sizeof(header);
    header.e_ehsize = sizeof(header);
    header.e_phentsize = sizeof(Elf64_Phdr);
    header.e_phnum = 3;
    const auto segment = [](std::uint32_t type, std::uint64_t offset, std::uint64_t address,
                            std::uint64_t size) {
        Elf64_Phdr s{};
        s.p_type = type;
        s.p_offset = offset;
        s.p_paddr = address;
        s.p_vaddr = type == PT_LOAD ? 0xffff888000000000 + address : 0;
        s.p_filesz = s.p_memsz = size;
        return s;
    };
    constexpr std::uint64_t page = FakeImage::page_size;
    const std::array segments = {
        segment(PT_NOTE, page, 0, notes.size()),
        segment(PT_LOAD, 4 * page, 0, 200 * page),
        segment(PT_LOAD, 204 * page, 300 * page, 400 * page),
    };
    std::vector<std::byte> file((4 + vmcore_pages) * page);
    const auto put = [&](std::uint64_t at, Bytes bytes) {
        std::copy(bytes.begin(), bytes.end(), file.begin() + static_cast<std::ptrdiff_t>(at));
    };
    put(0, bytes_of(header));
    put(sizeof(header), std::as_bytes(std::span(segments)));
    put(page, notes);
    for (std::uint64_t i = 0; i < vmcore_pages; ++i)
        put((4 + i) * page, FakeImage::page(i < 200 ? i : i + 100));
    REQUIRE(write_file_atomically(path, file));
}

} // namespace

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

TEST_CASE("the dump does not depend on the number of workers") {
    const Folder folder;
    write_vmcore(folder / "vmcore", "");
    REQUIRE(run(folder, {"-d1", "-z", "--workers", "1", folder / "vmcore", folder / "one"}).code == 0);
    REQUIRE(run(folder, {"-d1", "-z", "--workers", "4", folder / "vmcore", folder / "four"}).code == 0);
    CHECK(*read_file(folder / "one") == *read_file(folder / "four"));
}

TEST_CASE("a dry run tells the exact size and writes nothing") {
    const Folder folder;
    write_vmcore(folder / "vmcore", "");
    const auto options =
        GENERATE(std::vector<std::string>{}, std::vector<std::string>{"-l"}, std::vector<std::string>{"-E"},
                 std::vector<std::string>{"-F", "-z"}, std::vector<std::string>{"-F", "-E"},
                 std::vector<std::string>{"-c", "--share-duplicates", "off"},
                 std::vector<std::string>{"--format", "stream"});
    const auto level = GENERATE("-d0", "-d1");
    const auto with = [&](std::vector<std::string> more) {
        more.insert(more.begin(), level);
        more.insert(more.begin(), options.begin(), options.end());
        return run(folder, more);
    };
    REQUIRE(with({folder / "vmcore", folder / "real"}).code == 0);
    const auto size = std::filesystem::file_size(folder / "real");
    const auto rehearsed =
        with({"--dry-run", "--summary", folder / "s.json", folder / "vmcore", folder / "none"});
    INFO(rehearsed.err);
    CHECK(rehearsed.code == 0);
    CHECK_FALSE(file_exists(folder / "none"));
    CHECK(rehearsed.err.find("none would take ") != std::string::npos);
    CHECK(rehearsed.err.find("(" + std::to_string(size) + " bytes)") != std::string::npos);
    const auto json = nlohmann::json::parse(*read_text(folder / "s.json"));
    CHECK(json["dry_run"] == true);
    CHECK(json["complete"] == false);
    CHECK(json["bytes"]["written"] == 0);
    CHECK(json["bytes"]["would_write"] == size);
    // Without a name, too; and what is there already stays as it was.
    const auto unnamed = with({"--dry-run", folder / "vmcore"});
    CHECK(unnamed.code == 0);
    CHECK(unnamed.err.find("(" + std::to_string(size) + " bytes)") != std::string::npos);
    CHECK(unnamed.out.empty());
    CHECK(with({"--dry-run", "-f", folder / "vmcore", folder / "real"}).code == 0);
    CHECK(std::filesystem::file_size(folder / "real") == size);
}

TEST_CASE("a dry run counts each part of a split dump, and goes on to the next level as the dump would") {
    const Folder folder;
    write_vmcore(folder / "vmcore", "");
    const auto rehearsed =
        run(folder, {"-d1", "-l", "--split", "--dry-run", folder / "vmcore", folder / "a", folder / "b"});
    REQUIRE(run(folder, {"-d1", "-l", "--split", folder / "vmcore", folder / "a", folder / "b"}).code == 0);
    INFO(rehearsed.err);
    std::uint64_t total = 0;
    for (const char* part : {"a", "b"}) {
        const auto size = std::filesystem::file_size(folder / part);
        total += size;
        CHECK(rehearsed.err.find("(" + std::to_string(size) + " bytes)") != std::string::npos);
    }
    CHECK(rehearsed.err.find("all parts together would take") != std::string::npos);
    CHECK(rehearsed.err.find("(" + std::to_string(total) + " bytes)") != std::string::npos);

    const std::vector<std::string> limited = {"-d0,1", "--share-duplicates", "off", "-L", "2300K"};
    for (const bool dry : {true, false}) {
        auto arguments = limited;
        if (dry)
            arguments.emplace_back("--dry-run");
        arguments.insert(arguments.end(), {folder / "vmcore", folder / "limited"});
        const auto done = run(folder, arguments);
        INFO(done.err);
        CHECK(done.code == 0);
        CHECK(done.err.find("trying again with dump level 1") != std::string::npos);
    }
    const auto refused = run(folder, {"-d1", "-L", "100K", "--dry-run", folder / "vmcore", folder / "x"});
    check_failure(refused, exit_codes::destination, "-L");
    CHECK(refused.err.find("can be read") == std::string::npos);
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
