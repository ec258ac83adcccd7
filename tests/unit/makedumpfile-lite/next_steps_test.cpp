// SPDX-License-Identifier: GPL-2.0-or-later
// What somebody at three in the morning reads when something went wrong, and the exit code that a script
// reads.
#include "tests/unit/makedumpfile-lite/program.h"

using namespace kdumpkit;
using namespace dump::test;

namespace {

constexpr const char* info = "OSRELEASE=6.1.0-test\nPAGESIZE=4096\n";

} // namespace

TEST_CASE("every exit code is the one of docs/exit-codes.md") {
    const Folder folder;
    write_vmcore(folder / "vmcore", "");
    REQUIRE(write_file_atomically(folder / "text", "no crash image"));
    REQUIRE(write_file_atomically(folder / "empty", ""));
    const std::string program = PROGRAM_DIR "/makedumpfile-lite"; // an ELF file, and no core
    struct Case {
        int code;
        std::vector<std::string> arguments;
    };
    const Case cases[] = {
        {exit_codes::success, {"-d1", folder / "vmcore", folder / "good"}},
        {exit_codes::success, {"--check-params", "-d31", "vmcore", "out"}},
        {exit_codes::invalid, {"--no-such-option"}},
        {exit_codes::invalid, {folder / "vmcore"}},
        {exit_codes::invalid, {folder / "vmcore", folder / "text"}}, // exists already
        {exit_codes::invalid, {folder / "", folder / "out"}},        // a folder
        {exit_codes::absent, {folder / "nothing", folder / "out"}},
        {exit_codes::absent, {"-d31", folder / "vmcore", folder / "out"}}, // its VMCOREINFO
        {exit_codes::absent, {"-x", folder / "nothing", folder / "vmcore", folder / "out"}},
        {exit_codes::absent, {"-i", folder / "nothing", folder / "vmcore", folder / "out"}},
        {exit_codes::absent, {"--config", folder / "nothing", folder / "vmcore", folder / "out"}},
        {exit_codes::corrupt, {folder / "text", folder / "out"}},
        {exit_codes::corrupt, {folder / "empty", folder / "out"}},
        {exit_codes::corrupt, {"-d31", program, folder / "out"}},
        {exit_codes::corrupt, {"info", program}},
        {exit_codes::corrupt, {"verify", program}},
        {exit_codes::corrupt, {"salvage", program, folder / "out"}},
        {exit_codes::corrupt, {"-i", folder / "text", folder / "vmcore", folder / "out"}},
        {exit_codes::unsupported, {"--eppic", "macro", folder / "vmcore", folder / "out"}},
        {exit_codes::corrupt, {"-x", folder / "text", folder / "vmcore", folder / "out"}},
        {exit_codes::destination, {"-f", folder / "vmcore", "/dev/full"}},
        {exit_codes::destination, {folder / "vmcore", folder / "nothing/out"}},
        {exit_codes::destination, {"-L", "1", folder / "vmcore", folder / "out"}},
        {exit_codes::destination, {"--summary", "/dev/full", folder / "vmcore", folder / "out"}},
    };
    for (const Case& c : cases) {
        std::string line;
        for (const std::string& argument : c.arguments)
            line += argument + " ";
        INFO(line);
        const auto done = run(folder, c.arguments);
        INFO(done.err);
        if (c.code == exit_codes::success)
            CHECK(done.code == 0);
        else
            check_failure(done, c.code, "cannot ");
        CHECK_FALSE(file_exists(folder / "out"));
    }
}

TEST_CASE("the next step leads out of what went wrong") {
    const Folder folder;
    write_vmcore(folder / "vmcore", "");
    write_vmcore(folder / "told", info);
    const std::string vmcore = folder / "vmcore";
    const std::string out = folder / "out";
    const auto next = [&](const std::vector<std::string>& arguments) {
        const auto done = run(folder, arguments);
        CHECK(done.code != 0);
        INFO(done.err);
        const auto at = done.err.rfind("  next: ");
        REQUIRE(at != std::string::npos);
        return done.err.substr(at + 8);
    };
    const auto names = [](const std::string& text, std::string_view word) {
        INFO(text);
        CHECK(text.find(word) != std::string::npos);
    };
    names(next({"-x", folder / "nothing", vmcore, out}), "vmlinux");
    names(next({"-g", out, "-x", folder / "nothing"}), "vmlinux");
    names(next({"--write-layout", out, "-x", folder / "nothing"}), "vmlinux");
    names(next({"-i", folder / "nothing", vmcore, out}), "-g FILE");
    names(next({"--config", folder / "nothing", vmcore, out}), "--config");
    names(next({"-L", "1", vmcore, out}), "raise -L");
    names(next({"-F", "-L", "1", vmcore, out}), "raise -L");
    names(next({"-E", "-L", "1", vmcore, out}), "raise -L");
    names(next({"-d31", vmcore, out}), "-d 1");
    names(next({"-d31", folder / "told", out}), "-d 1");
    names(next({"--summary", "/dev/full", vmcore, out}), "regular file");
    CHECK_FALSE(file_exists(out)); // and not only after the whole dump was written
    // Only where pages are written are fewer pages a way out.
    CHECK(next({"-f", vmcore, "/dev/full"}).find("-d 31") != std::string::npos);
    CHECK(next({"-f", "--write-layout", "/dev/full", "-x", folder / "nothing"}).find("-d 31") ==
          std::string::npos);
}

TEST_CASE("what was given and is not used is said") {
    const Folder folder;
    write_vmcore(folder / "vmcore", info);
    REQUIRE(write_file_atomically(folder / "info", info));
    REQUIRE(write_file_atomically(folder / "empty", "# nothing\n"));
    REQUIRE(write_file_atomically(folder / "nothing", ""));
    const auto said = [&](const std::vector<std::string>& options, std::string_view text) {
        auto arguments = options;
        arguments.insert(arguments.end(), {"-f", "-d1", folder / "vmcore", folder / "out"});
        const auto done = run(folder, arguments);
        INFO(done.err);
        CHECK(done.code == 0);
        CHECK(done.err.find(text) != std::string::npos);
    };
    said({"--config", folder / "empty"}, "names nothing to erase");
    said({"--layout", folder / "nothing"}, "is empty; going on without it");
}

TEST_CASE("a level that cannot be tried again through a pipe is named") {
    const Folder folder;
    write_vmcore(folder / "vmcore", "");
    const auto done = run(folder, {"-F", "-l", "-d0,1", "-L", "300K", folder / "vmcore"});
    check_failure(done, exit_codes::destination, "begin with -d 1");
    CHECK(done.err.find("is reached") != std::string::npos);
}
