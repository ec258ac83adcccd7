// SPDX-License-Identifier: GPL-2.0-or-later
//
// The command line of the program itself: nothing here gets as far as reading the system.
#include "base/file.h"
#include "base/process.h"

#include <cstdlib>
#include <filesystem>

#include <catch2/catch.hpp>
#include <fcntl.h>

using namespace kdumpkit;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

struct Run {
    int code;
    std::string out, err;
};

Run kdumpkit_with(std::vector<std::string> arguments, const char* output = nullptr) {
    std::string folder = (std::filesystem::temp_directory_path() / "kdumpkit-XXXXXX").string();
    REQUIRE(::mkdtemp(folder.data()) != nullptr);
    const std::string out_path = folder + "/out", err_path = folder + "/err";
    const Fd out = open_file(output != nullptr ? output : out_path, O_WRONLY | O_CREAT).value();
    const Fd err = open_file(err_path, O_WRONLY | O_CREAT).value();
    arguments.insert(arguments.begin(), PROGRAM_DIR "/kdumpkit");
    const auto status = spawn({arguments, -1, out.get(), err.get()}).value().wait().value();
    CHECK(status.signal == 0);
    Run run{status.code, read_text(out_path).value_or(""), read_text(err_path).value()};
    std::filesystem::remove_all(folder);
    return run;
}

} // namespace

TEST_CASE("a wrong command line names what is wrong and what was probably meant") {
    struct Row {
        std::vector<std::string> arguments;
        std::string begins, says, next;
    };
    const std::vector<Row> rows = {
        {{}, "kdumpkit: ", "one of load, unload, reboot, build, ", "see kdumpkit --help"},
        {{"bild"}, "kdumpkit: ", "there is no subcommand \"bild\"", "did you mean build?"},
        {{"frobnicate", "-o", "x"}, "kdumpkit: ", "no subcommand \"frobnicate\"", "see kdumpkit --help"},
        {{"--vresion"}, "kdumpkit: ", "no option \"--vresion\"", "did you mean --version?"},
        {{"build", "--taget=x"}, "kdumpkit build: ", "no option \"--taget\"", "did you mean --target?"},
        {{"build"}, "kdumpkit build: ", "--output is required", "see kdumpkit build --help"},
        {{"build", "-o", ""}, "kdumpkit build: ", "the name is empty", "see kdumpkit build --help"},
        {{"reserve", ""}, "kdumpkit reserve: ", "SIZE: it is empty", "see kdumpkit reserve --help"},
        {{"reserve", "192M", "--cma", ""}, "kdumpkit reserve: ", "--cma: it is empty", "reserve --help"},
        {{"reserve", "--shrink", ""}, "kdumpkit reserve: ", "--shrink: it is empty", "reserve --help"},
        {{"setup", "--size", ""}, "kdumpkit setup: ", "--size: it is empty", "see kdumpkit setup --help"},
        {{"show", ""}, "kdumpkit show: ", "DUMP: it is empty", "see kdumpkit show --help"},
        {{"config", "import", ""}, "kdumpkit config import: ", "FILE: it is empty", "import --help"},
        {{"config", "import", "/"}, "kdumpkit config import: ", "it is a folder", "such as /etc/kdump.conf"},
        {{"list", "--folder", "/etc/passwd"}, "kdumpkit list: ", "it is no folder", "leave --folder out"},
        {{"reserve", "192M", "--cma", "-1M"}, "kdumpkit reserve: ", "take \"-1M\" for --cma", "192M or 1G\n"},
        {{"reserve", "--shrink", "1"}, "kdumpkit reserve: ", "take \"1\" for --shrink", "192M or 1G\n"},
        {{"reserve", "192M,high"}, "kdumpkit reserve: ", "reserve \"192M,high\"", "--high and --cma"},
        {{"status", "--json", "--prometheus", "/x"}, "kdumpkit status: ", "--prometheus", "leave one"},
        {{"load", "--kernel"}, "kdumpkit load: ", "--kernel", "see kdumpkit load --help"},
        {{"config"}, "kdumpkit config: ", "one of check, show, explain", "kdumpkit config --help"},
        {{"config", "chek"}, "kdumpkit config: ", "no subcommand \"chek\"", "did you mean check?"},
        {{"config", "show", "--jsno"}, "kdumpkit config show: ", "no option \"--jsno\"", "--json?"},
        {{"config", "explain", "levle"}, "kdumpkit config explain: ", "no such setting", "mean dump.level?"},
        {{"status", "now"}, "kdumpkit status: ", "\"now\" belongs to no option", "see kdumpkit status"},
    };
    for (const Row& row : rows) {
        const Run run = kdumpkit_with(row.arguments);
        INFO(run.err);
        CHECK(run.code == exit_codes::invalid);
        CHECK(run.out.empty());
        CHECK_THAT(run.err, StartsWith(row.begins) && Contains(row.says) && Contains("\n  next: ") &&
                                Contains(row.next));
    }
}

TEST_CASE("a file that is larger than any settings is wrong settings, for check and for import") {
    const std::string file = std::filesystem::temp_directory_path() / "kdumpkit-large-settings";
    REQUIRE(write_file_atomically(file, std::string((1 << 20) + 1, '\n')));
    for (const std::vector<std::string>& command :
         {std::vector<std::string>{"config", "check", "--config", file}, {"config", "import", file}}) {
        const Run run = kdumpkit_with(command);
        CHECK(run.code == exit_codes::invalid);
        CHECK_THAT(run.err,
                   Contains("cannot read " + file + ": more than the limit") && Contains("next: name"));
    }
    std::filesystem::remove(file);
}

TEST_CASE("an option that may be repeated leaves what comes behind its value alone") {
    const Run run = kdumpkit_with({"show", "--folder", "/proc/self/fd", "20261123"});
    CHECK(run.code == exit_codes::absent);
    CHECK_THAT(run.err, Contains("cannot choose the dump \"20261123\"") && Contains("--folder DIR"));
}

TEST_CASE("help and version are results: standard output, or the destination's exit code") {
    CHECK_THAT(kdumpkit_with({"--help"}).out, Contains("Exit codes"));
    CHECK_THAT(kdumpkit_with({"build", "--help"}).out, Contains("--target"));
    CHECK_THAT(kdumpkit_with({"--version"}).out, StartsWith("kdumpkit "));
    for (const char* option : {"--help", "--version"}) {
        const Run run = kdumpkit_with({option}, "/dev/full");
        CHECK(run.code == exit_codes::destination);
        CHECK_THAT(run.err, Contains("standard output") && Contains("next: "));
    }
}
