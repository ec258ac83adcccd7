// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/range.h"
#include "capture/copy.h"
#include "fake_system.h"

#include <algorithm>
#include <cstring>

#include <catch2/catch.hpp>
#include <sys/stat.h>

using namespace kdumpkit;
using namespace kdumpkit::capture;

namespace {

// Pages of text and of zeros in turn, an odd tail.
std::string sample(std::size_t pages) {
    std::string text;
    for (std::size_t i = 0; i < pages; ++i)
        text += i % 3 == 1 ? std::string(4096, '\0') : std::string(4096, static_cast<char>('a' + i % 20));
    return text + "tail";
}

// A source whose reads are short, or fail with EIO in places.
struct FakeReads {
    std::string text;
    std::vector<Range> bad;
    std::size_t longest = std::size_t{1} << 30;

    ssize_t pread(std::byte* out, std::size_t length, std::uint64_t at) const {
        if (at >= text.size())
            return 0;
        length = std::min({length, longest, static_cast<std::size_t>(text.size() - at)});
        for (const Range& range : bad) {
            if (range.overlaps({at, at + length})) {
                errno = EIO;
                return -1;
            }
        }
        std::memcpy(out, text.data() + at, length);
        return static_cast<ssize_t>(length);
    }
};

} // namespace

TEST_CASE("a plain copy is byte-identical, mapped or read, whatever the window") {
    TemporaryFolder folder;
    FakeSystem system;
    const std::string text = sample(300);
    put_file(folder / "vmcore", text);
    for (const bool map : {true, false}) {
        for (const std::size_t window : {std::size_t{4096}, std::size_t{3} * 4096, std::size_t{1} << 20}) {
            CopyOptions options;
            options.map_source = map;
            options.window = window;
            int calls = 0;
            options.progress = [&](const CopyReport&) { ++calls; };
            const auto report = copy_vmcore(system, folder / "vmcore", folder / "copy", options);
            REQUIRE(report);
            CHECK(report->complete());
            CHECK(report->partial_reason().empty());
            CHECK(report->zero == 100 * 4096);
            CHECK(get_file(folder / "copy") == text);
            CHECK(calls == static_cast<int>((text.size() + window - 1) / window));
        }
    }
    struct stat status {};
    REQUIRE(::stat((folder / "copy").c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0600);
}

TEST_CASE("zeros become holes, also at the end") {
    TemporaryFolder folder;
    FakeSystem system;
    const std::string text = std::string(4096, 'x') + std::string(8 << 20, '\0');
    put_file(folder / "vmcore", text);
    const auto report = copy_vmcore(system, folder / "vmcore", folder / "copy", {});
    REQUIRE(report);
    CHECK(report->complete());
    CHECK(get_file(folder / "copy") == text);
    struct stat status {};
    REQUIRE(::stat((folder / "copy").c_str(), &status) == 0);
    CHECK(status.st_blocks * 512 < 64 << 10);
}

TEST_CASE("a full disk stops the copy and keeps what fits") {
    TemporaryFolder folder;
    FakeSystem system;
    const std::string text(std::size_t{10} * 4096, 'x');
    put_file(folder / "vmcore", text);
    system.write_limit["copy"] = std::uint64_t{4} * 4096;
    CopyOptions options;
    options.window = std::size_t{2} * 4096;
    const auto report = copy_vmcore(system, folder / "vmcore", folder / "copy", options);
    REQUIRE(report);
    CHECK_FALSE(report->complete());
    REQUIRE(report->stopped);
    CHECK(report->stopped->side == ErrorSide::destination);
    CHECK(report->copied == 4 * 4096);
    CHECK(get_file(folder / "copy") == text.substr(0, std::size_t{4} * 4096));
}

TEST_CASE("what cannot be read is skipped and counted") {
    constexpr std::size_t page = 4096;
    TemporaryFolder folder;
    FakeSystem system;
    CopyOptions options;
    options.map_source = false;
    // /proc/self/mem says size 0, which is refused: a source without a size is not a vmcore.
    const auto refused = copy_vmcore(system, "/proc/self/mem", folder / "copy", options);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().side == ErrorSide::source);
    CHECK_FALSE(std::filesystem::exists(folder / "copy"));

    FakeReads reads;
    reads.text = sample(16);
    reads.bad = {{3 * page, 4 * page}, {8 * page, 10 * page}};
    put_file(folder / "vmcore", reads.text);
    options.read = [&](int, std::byte* out, std::size_t length, std::uint64_t at) {
        return reads.pread(out, length, at);
    };
    const auto report = copy_vmcore(system, folder / "vmcore", folder / "copy", options);
    REQUIRE(report);
    CHECK_FALSE(report->complete());
    CHECK_FALSE(report->stopped);
    CHECK(report->unreadable == 3 * page);
    CHECK(report->first_unreadable == 3 * page);
    CHECK(report->copied + report->unreadable == reads.text.size());
    std::string expected = reads.text;
    for (const Range& bad : reads.bad)
        expected.replace(bad.begin, bad.size(), bad.size(), '\0');
    CHECK(get_file(folder / "copy") == expected);
    CHECK(report->partial_reason().find("could not be read") != std::string::npos);
}

TEST_CASE("short reads and an early end") {
    constexpr std::size_t page = 4096;
    TemporaryFolder folder;
    FakeSystem system;
    FakeReads reads;
    reads.text = sample(8);
    reads.longest = 1000; // not a whole block ever
    put_file(folder / "vmcore", reads.text);
    CopyOptions options;
    options.map_source = false;
    options.read = [&](int, std::byte* out, std::size_t length, std::uint64_t at) {
        return reads.pread(out, length, at);
    };
    auto report = copy_vmcore(system, folder / "vmcore", folder / "copy", options);
    REQUIRE(report);
    CHECK(report->complete());
    CHECK(get_file(folder / "copy") == reads.text);

    reads.text.resize(5 * page);
    report = copy_vmcore(system, folder / "vmcore", folder / "copy", options);
    REQUIRE(report);
    CHECK_FALSE(report->complete());
    CHECK(report->partial_reason().find("ended after") != std::string::npos);
    CHECK(get_file(folder / "copy") == reads.text);
}

TEST_CASE("a copy stops at the target's deadline, and what it has stays") {
    constexpr std::size_t page = 4096;
    TemporaryFolder folder;
    FakeSystem system;
    const std::string text = sample(8);
    put_file(folder / "vmcore", text);
    CopyOptions options;
    options.window = page;
    options.until = system.clock;
    const auto report = copy_vmcore(system, folder / "vmcore", folder / "copy", options);
    REQUIRE(report);
    REQUIRE(report->stopped);
    CHECK(report->stopped->side == ErrorSide::destination);
    CHECK(report->copied == page);
    CHECK(report->partial_reason().find("deadline") != std::string::npos);
}
