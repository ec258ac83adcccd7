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
    CHECK(accepted({"-cd31", "a", "b"}).compression == Compression{Algorithm::zlib, 1});
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

TEST_CASE("a command line of any job can be only checked (--check-params)") {
    for (const std::vector<std::string>& arguments :
         std::vector<std::vector<std::string>>{{"-d31", "a", "b"},
                                               {"--dump-dmesg", "a"},
                                               {"-R", "a"},
                                               {"--reassemble", "a", "b", "c"},
                                               {"--mem-usage", "a"},
                                               {"-g", "a", "-x", "b"},
                                               {"--dry-run", "a"}}) {
        auto before = arguments;
        before.insert(before.begin(), "--check-params");
        CHECK(accepted(before).job == Options::Job::check_parameters);
        auto behind = arguments;
        behind.emplace_back("--check-params");
        CHECK(accepted(behind).job == Options::Job::check_parameters);
    }
    CHECK(refused({"--check-params", "-R"}).kind == ErrorKind::invalid);
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
        {"-d", "11,", "a", "b"},
        {"--exclude", "caches", "a", "b"},
        {"--exclude", "", "a", "b"},
        {"-E", "-c", "a", "b"},
        {"--format", "zip", "a", "b"},
        {"--format", "stream", "-l", "a", "b"},
        {"--format", "stream", "-F", "a", "b"},
        {"--split", "a", "b"},
        {"--split", "-E", "a", "b", "c"},
        {"--splitblock-size", "x", "a", "b"},
        {"--cyclic-buffer", "x", "a", "b"},
        {"-b", "x", "a", "b"},
        {"--s", "a", "b"},
        {"--=1", "a", "b"},
        {"-L", "0", "a", "b"},
        {"-L", "99999999999G", "a", "b"},
        {"-L", "M", "a", "b"},
        {"-R"},
        {"-R", "a", "b"},
        {"--reassemble", "a"},
        {"-R", "--reassemble", "a", "b", "c"},
        {"info"},
        {"info", "a", "b"},
        {"salvage", "a"},
        {"-g", "a"},
        {"-x", "", "a", "b"},
        {"--partial-dmesg", "a", "b"},
        {"--json", "a", "b"},
        {"-R", "--config", "c", "a"},
        {"-R", "-d31", "a"},
        {"--reassemble", "-d31", "a", "b", "d"},
        {"--reassemble", "-z", "a", "b", "d"},
        {"-R", "--summary", "s", "a"},
        {"--reassemble", "--config", "c", "a", "b", "d"},
        {"--dump-dmesg", "-E", "a"},
        {"verify", "-e", "a"},
        {"-F", "--summary", "-", "a"},
        {"--format", "stream", "--summary", "-", "a"},
    };
    for (const auto& arguments : wrong)
        CHECK(refused(arguments).kind == ErrorKind::invalid);
}

TEST_CASE("what is left to makedumpfile is refused, never ignored") {
    const std::vector<std::vector<std::string>> known = {
        {"-X", "a", "b"},
        {"--xen-syms", "s", "a", "b"},
        {"--xen-vmcoreinfo", "s", "a", "b"},
        {"--eppic=f", "a", "b"},
        {"--vtop", "1", "a"},
        {"--diskset=a", "b"},
        {"a", "-"},
    };
    for (const auto& arguments : known)
        CHECK(refused(arguments).kind == ErrorKind::unsupported);
}

TEST_CASE("levels by number, by name, and in turn") {
    CHECK(accepted({"-d", "11,31", "a", "b"}).level == 11);
    CHECK(accepted({"-d", "11,31", "a", "b"}).next_levels == std::vector<unsigned>{31});
    CHECK(accepted({"--exclude", "zero,cache,user,free", "a", "b"}).level == 27);
    CHECK(accepted({"--exclude", "cache-private", "a", "b"}).level == 6);
    CHECK(accepted({"--exclude=all", "a", "b"}).level == 31);
    CHECK(accepted({"--exclude=all,unused-vmemmap", "a", "b"}).unused_vmemmap);
    CHECK(accepted({"-ed31", "a", "b"}).unused_vmemmap);
    CHECK_FALSE(accepted({"-d31", "a", "b"}).unused_vmemmap);
    CHECK(accepted({"-L", "5M", "a", "b"}).size_limit == 5U << 20);
    CHECK(accepted({"-L1000", "a", "b"}).size_limit == 1000);
    CHECK_FALSE(accepted({"a", "b"}).size_limit);
    CHECK(accepted({"--memory-limit", "24M", "a", "b"}).memory_limit == 24U << 20);
}

TEST_CASE("formats") {
    CHECK(accepted({"-E", "a", "b"}).format == Options::Format::elf);
    CHECK(accepted({"--format", "stream", "a"}).output == "-");
    CHECK(accepted({"--format", "stream", "--compress", "zstd:3", "a", "b"}).output == "b");
    CHECK(accepted({"--format=kdump", "a", "b"}).format == Options::Format::kdump);
    CHECK(accepted({"-F", "-z", "a"}).flattened);
    CHECK(accepted({"-F", "-z", "a"}).output == "-");
    CHECK(accepted({"-F", "-E", "a"}).format == Options::Format::elf);
    const Options split = accepted({"--split", "--splitblock-size", "1024", "a", "b", "c", "d"});
    CHECK(split.parts == std::vector<std::string>{"b", "c", "d"});
    CHECK(split.split_block == 1024U * 1024);
    CHECK_FALSE(accepted({"--share-duplicates", "off", "a", "b"}).share_duplicates);
    CHECK_FALSE(accepted({"--non-mmap", "a", "b"}).use_mmap);
}

TEST_CASE("jobs and the files that they take") {
    CHECK(accepted({"-R", "out"}).job == Options::Job::rearrange);
    CHECK(accepted({"-R", "out"}).source == "-");
    CHECK(accepted({"-R", "out"}).output == "out");
    const Options whole = accepted({"--reassemble", "a", "b", "out"});
    CHECK(whole.job == Options::Job::reassemble);
    CHECK(whole.parts == std::vector<std::string>{"a", "b"});
    CHECK(whole.output == "out");
    CHECK(accepted({"info", "--json", "d"}).job == Options::Job::info);
    CHECK(accepted({"info", "--json", "d"}).json);
    CHECK(accepted({"./info", "d"}).source == "./info");
    CHECK(accepted({"verify", "d"}).source == "d");
    CHECK(accepted({"salvage", "d", "e"}).output == "e");
    CHECK(accepted({"--mem-usage", "/proc/kcore"}).job == Options::Job::memory_usage);
    CHECK(accepted({"--write-layout", "f"}).output == "f");
    CHECK(accepted({"--write-layout", "f", "v"}).source == "v");
    CHECK(accepted({"--write-layout", "f", "-x", "v"}).vmlinux == "v");
    CHECK(accepted({"-g", "info", "-x", "v"}).job == Options::Job::write_vmcoreinfo);
    CHECK(accepted({"-xv", "-ii", "--layout", "l", "--config=c", "a", "b"}).erase == "c");
    CHECK(accepted({"--dump-dmesg", "--partial-dmesg", "a"}).partial_dmesg);
}

TEST_CASE("what cannot change the dump is accepted and said") {
    const Options options =
        accepted({"-b", "8", "--cyclic-buffer", "1024", "--work-dir", "x", "--non-cyclic", "a", "b"});
    CHECK(options.without_effect.size() == 4);
    CHECK(options.source == "a");
    CHECK(options.output == "b");
    CHECK(accepted({"--splitblock-size", "5", "a", "b"}).without_effect.size() == 1);
    CHECK(accepted({"--split", "--splitblock-size", "5", "a", "b", "c"}).without_effect.empty());
}

TEST_CASE("a word may be cut short while it is one option's only") {
    CHECK(accepted({"--compr", "zlib", "a", "b"}).compression.algorithm == Algorithm::zlib);
    CHECK(accepted({"--message=7", "a", "b"}).messages == 7);
    CHECK(accepted({"--split", "a", "b", "c"}).split); // though --splitblock-size begins so
    CHECK(refused({"--xen", "a", "b"}).kind == ErrorKind::invalid);
    CHECK_THAT(refused({"--dum", "31", "a", "b"}).reason,
               Catch::Contains("--dump-level") && Catch::Contains("--dump-dmesg"));
}
