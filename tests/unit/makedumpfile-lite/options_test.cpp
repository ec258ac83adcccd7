// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/options.h"

#include <catch2/catch.hpp>

using namespace kdumpkit;
using namespace kdumpkit::dump;

namespace {

Options accepted(std::vector<std::string> arguments) {
    const auto options = parse_options(arguments);
    INFO((options ? "" : options.error().message()));
    REQUIRE(options);
    return *options;
}

Error refused(std::vector<std::string> arguments) {
    const auto options = parse_options(arguments);
    INFO(arguments.front());
    REQUIRE_FALSE(options);
    CHECK_FALSE(options.error().next_step.empty());
    return options.error();
}

} // namespace

TEST_CASE("makedumpfile's command lines mean the same") {
    Options options = accepted({"-d", "31", "/proc/vmcore", "out"});
    CHECK(options.job == Options::Job::dump);
    CHECK(options.level == 31);
    CHECK(options.source == "/proc/vmcore");
    CHECK(options.output == "out");
    CHECK(options.compression == Compression{Algorithm::none, 0});
    CHECK(options.messages == 7);
    CHECK(options.workers == 0);
    CHECK_FALSE(options.overwrite);

    CHECK(accepted({"-cd31", "a", "b"}).level == 31);
    CHECK(accepted({"-cd31", "a", "b"}).compression == Compression{Algorithm::zlib, 2});
    CHECK(accepted({"-l", "a", "b"}).compression.algorithm == Algorithm::lzo);
    CHECK(accepted({"-p", "a", "b"}).compression.algorithm == Algorithm::snappy);
    CHECK(accepted({"-z", "a", "b"}).compression == Compression{Algorithm::zstd, 1});
    CHECK(accepted({"a", "-f", "b", "-d0x1f"}).overwrite); // options behind names, numbers in any base
    CHECK(accepted({"a", "-f", "b", "-d0x1f"}).level == 31);
    CHECK(accepted({"--num-threads", "0", "a", "b"}).workers == 1);
    CHECK(accepted({"--num-threads=3", "a", "b"}).workers == 3);
    CHECK(accepted({"--message-level", "1", "a", "b"}).messages == 1);
    CHECK(accepted({"-D", "a", "b"}).messages == (7 | Messages::debug));
    CHECK(accepted({"--show-stats", "a", "b"}).messages == (7 | Messages::report));
    CHECK(accepted({"--check-params", "-d", "31", "a", "b"}).job == Options::Job::check_parameters);
    CHECK(accepted({"--dump-dmesg", "a", "b"}).job == Options::Job::dmesg);
    CHECK(accepted({"--", "-a", "-b"}).source == "-a");
}

TEST_CASE("readable twins") {
    const Options options = accepted({"--dump-level=19", "--compress", "zstd:3", "--workers", "2",
                                      "--summary=s.json", "--force", "vmcore", "out"});
    CHECK(options.level == 19);
    CHECK(options.compression == Compression{Algorithm::zstd, 3});
    CHECK(options.workers == 2);
    CHECK(options.summary == "s.json");
    CHECK(options.overwrite);
    CHECK(options.per_cpu_free);
    CHECK_FALSE(accepted({"--exclude-per-cpu-free=off", "a", "b"}).per_cpu_free);
    CHECK(accepted({"--exclude-per-cpu-free", "on", "a", "b"}).per_cpu_free);
    CHECK(accepted({"--dry-run", "vmcore"}).dry_run);
    CHECK(accepted({"--dump-dmesg", "vmcore"}).output == "-");
    CHECK(accepted({"-h"}).job == Options::Job::help);
    CHECK(accepted({"--version", "--nonsense"}).job == Options::Job::version);
}

TEST_CASE("the last compression wins, as in makedumpfile") {
    CHECK(accepted({"-c", "-l", "a", "b"}).compression.algorithm == Algorithm::lzo);
    CHECK(accepted({"-c", "--compress", "none", "a", "b"}).compression.algorithm == Algorithm::none);
}

TEST_CASE("a wrong command line is invalid and says what is wrong") {
    const std::vector<std::vector<std::string>> wrong = {
        {"-d", "32", "a", "b"},
        {"-d", "-1", "a", "b"},
        {"-d", "x", "a", "b"},
        {"-d", "", "a", "b"},
        {"a", "b", "-d"},
        {"--compress", "lz4", "a", "b"},
        {"--compress", "zstd:99", "a", "b"},
        {"--workers", "0", "a", "b"},
        {"--workers", "257", "a", "b"},
        {"--message-level", "32", "a", "b"},
        {"--nonsense", "a", "b"},
        {"-Z", "a", "b"},
        {"--exclude-per-cpu-free", "no", "a", "b"},
        {"--force=yes", "a", "b"},
        {"--summary=", "a", "b"},
        {"a"},
        {"-f"},
        {"a", "b", "c"},
        {"--dump-dmesg", "--dry-run", "a"},
        {"--dump-dmesg"},
    };
    for (const auto& arguments : wrong)
        CHECK(refused(arguments).kind == ErrorKind::invalid);
}

TEST_CASE("what makedumpfile can and we cannot is refused, never ignored") {
    const std::vector<std::vector<std::string>> known = {
        {"-E", "a", "b"},
        {"-F", "a"},
        {"-R", "a"},
        {"-L", "1000", "a", "b"},
        {"-x", "vmlinux", "a", "b"},
        {"-xvmlinux", "a", "b"},
        {"-i", "info", "a", "b"},
        {"-g", "info", "-x", "vmlinux"},
        {"-e", "a", "b"},
        {"-X", "a", "b"},
        {"-cE", "a", "b"},
        {"--split", "a", "b", "c"},
        {"--reassemble", "a", "b", "c"},
        {"--config", "f", "a", "b"},
        {"--eppic=f", "a", "b"},
        {"--vtop", "1", "a"},
        {"--mem-usage", "/proc/kcore"},
        {"--partial-dmesg", "--dump-dmesg", "a", "b"},
        {"--diskset=a", "b"},
        {"-d", "11,31", "a", "b"},
        {"a", "-"},
    };
    for (const auto& arguments : known)
        CHECK(refused(arguments).kind == ErrorKind::unsupported);
}

TEST_CASE("what cannot change the dump is accepted and said") {
    const Options options =
        accepted({"-b", "8", "--cyclic-buffer", "1024", "--work-dir", "x", "--non-mmap", "a", "b"});
    CHECK(options.without_effect.size() == 4);
    CHECK(options.source == "a");
    CHECK(options.output == "b");
}
