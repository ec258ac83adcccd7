// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/file.h"
#include "makedumpfile-lite/filter.h"
#include "makedumpfile-lite/format/file_destination.h"
#include "makedumpfile-lite/format/kdump_writer.h"
#include "makedumpfile-lite/pipeline.h"
#include "tests/unit/makedumpfile-lite/decompress.h"
#include "tests/unit/makedumpfile-lite/fake_image.h"
#include "tests/unit/makedumpfile-lite/folder.h"

#include <csignal>
#include <filesystem>

#include <catch2/catch.hpp>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

using namespace kdumpkit;
using namespace kdumpkit::dump;
using namespace kdumpkit::dump::format;
using test::FakeImage;
using test::Folder;

namespace {

// A dump as a stranger sees it: numbers at the offsets of the format's description, none of the writer's
// structs.
struct Seen {
    std::vector<std::byte> file;
    ByteReader at{Bytes(file)};
    std::uint64_t block = 0, bitmap = 0, descriptors = 0, limit = 0;

    explicit Seen(std::vector<std::byte> bytes) : file(std::move(bytes)) {
        REQUIRE(as_text(Bytes(file).first(8)) == "KDUMP   ");
        REQUIRE(*at.u32(8) == 6);
        block = *at.u32(428);
        REQUIRE(block == 4096);
        bitmap = block * (1 + *at.u32(432));
        descriptors = bitmap + block * *at.u32(436);
        limit = *at.u64(block + 96);
    }
    std::uint32_t status() const { return *at.u32(424); }
    bool bit(int which, std::uint64_t pfn) const {
        const auto start = bitmap + static_cast<std::uint64_t>(which) * (descriptors - bitmap) / 2;
        return (*at.u8(start + pfn / 8) >> (pfn % 8) & 1) != 0;
    }
    // The page, nothing when its descriptor was never written.
    std::optional<std::vector<std::byte>> page(std::uint64_t index) const {
        const auto descriptor = descriptors + index * 24;
        const auto offset = at.u64(descriptor);
        if (!offset || *offset == 0)
            return std::nullopt;
        const auto bytes = at.slice(*offset, *at.u32(descriptor + 8));
        REQUIRE(bytes);
        return test::decompress(*at.u32(descriptor + 12), *bytes, block);
    }
};

struct Case {
    FakeImage image{RangeSet{{0, 3000 * 4096}, {40000 * 4096, 41000 * 4096}}};
    PageSet memory{41000};
    PageSet kept{41000};
    KdumpFacts facts;
    const char* compression = "zstd";

    Case() {
        memory.insert(0, 3000);
        memory.insert(40000, 41000);
        kept.insert(5, 1500);
        kept.insert(40100, 40900);
        test::add_note(image.notes_, "CORE", 1, std::string(336, 'r'));
        test::add_note(image.notes_, "CORE", 1, std::string(336, 's'));
        test::add_note(image.notes_, "VMCOREINFO", 0, "OSRELEASE=6.1.0-test\nPAGESIZE=4096\n");
        facts.utsname = {"Linux", "host", "6.1.0-test", "#1", "x86_64", "(none)"};
        facts.phys_base = 0x1234000;
        facts.crash_time = 1700000000;
        facts.level = 31;
        facts.notes = image.notes_;
    }
    Result<> write(Destination& destination, bool finish = true) {
        const PipelineSettings settings{2, *parse_compression(compression), 4096,
                                        (facts.level & DumpLevel::zero) != 0};
        facts.compression = (*Codec::create(settings.compression, 4096))->flag();
        KDK_ASSIGN(auto writer, KdumpWriter::begin(destination, facts, memory, kept));
        const auto run =
            run_pipeline(image, kept, settings, [&](const PageBlock& block) { return writer.append(block); });
        if (!run) {
            (void)writer.abandon();
            return Failure(run.error());
        }
        return finish ? writer.finish() : writer.abandon();
    }
};

} // namespace

TEST_CASE("a dump is what the format says, for every codec") {
    const Folder folder;
    Case dump;
    dump.compression = GENERATE("none", "zstd", "lzo", "snappy", "zlib");
    dump.facts.level = GENERATE(0U, 31U);
    INFO(dump.compression << " level " << dump.facts.level);
    auto destination = FileDestination::create(folder / "dump", false, 1 << 20);
    REQUIRE(destination);
    REQUIRE(dump.write(*destination));
    const Seen seen(*read_file(folder / "dump"));
    CHECK(seen.status() == dump.facts.compression);
    CHECK(seen.limit == 41000);
    CHECK(*seen.at.c_string(12, 65) == "Linux");
    CHECK(*seen.at.c_string(12 + 65, 65) == "host");
    CHECK(*seen.at.c_string(12 + 2 * 65, 65) == "6.1.0-test");
    CHECK(*seen.at.u64(408) == 1700000000);
    CHECK(*seen.at.u32(440) == 41000);
    CHECK(*seen.at.u32(460) == 2); // CPUs
    CHECK(*seen.at.u64(4096) == 0x1234000);
    CHECK(*seen.at.u32(4096 + 8) == dump.facts.level);
    CHECK(as_text(*seen.at.slice(*seen.at.u64(4096 + 32), *seen.at.u64(4096 + 40))) ==
          "OSRELEASE=6.1.0-test\nPAGESIZE=4096\n");
    const auto notes = *seen.at.slice(*seen.at.u64(4096 + 48), *seen.at.u64(4096 + 56));
    CHECK(std::equal(notes.begin(), notes.end(), dump.image.notes_.begin(), dump.image.notes_.end()));
    CHECK(*seen.at.u64(4096 + 64) == 0); // no eraseinfo

    std::uint64_t index = 0;
    std::uint64_t zero_offset = 0;
    for (std::uint64_t pfn = 0; pfn < 41000; ++pfn) {
        if (seen.bit(0, pfn) != dump.memory.contains(pfn) || seen.bit(1, pfn) != dump.kept.contains(pfn))
            FAIL("wrong bit for pfn " << pfn);
        if (!seen.bit(1, pfn))
            continue;
        if (dump.facts.level == 31 && FakeImage::is_zero(pfn)) {
            const auto offset = *seen.at.u64(seen.descriptors + index * 24);
            zero_offset = zero_offset == 0 ? offset : zero_offset;
            CHECK(offset == zero_offset);
        }
        const auto page = seen.page(index++);
        if (!page || *page != FakeImage::page(pfn))
            FAIL("wrong contents of pfn " << pfn);
    }
    CHECK((zero_offset != 0) == (dump.facts.level == 31));
}

TEST_CASE("a dump that was not finished says so, and what arrived can be read") {
    const Folder folder;
    Case dump;
    dump.image.unreadable = 40500;
    auto destination = FileDestination::create(folder / "dump", false, 1 << 20);
    const auto result = dump.write(*destination);
    REQUIRE_FALSE(result);
    CHECK(result.error().side == ErrorSide::source);
    const Seen seen(*read_file(folder / "dump"));
    CHECK(seen.status() == (status_zstd | status_incomplete));
    const std::uint64_t arrived = (1495 + 400) / 64 * 64;
    for (std::uint64_t index = 0, pfn = 5; index < arrived; ++index, pfn = pfn == 1499 ? 40100 : pfn + 1) {
        const auto page = seen.page(index);
        if (!page || *page != FakeImage::page(pfn))
            FAIL("wrong contents of pfn " << pfn);
    }
    CHECK_FALSE(seen.page(arrived));
    CHECK_FALSE(seen.page(dump.kept.count() - 1));
}

TEST_CASE("finish() refuses a dump with pages missing") {
    const Folder folder;
    Case dump;
    auto destination = FileDestination::create(folder / "dump", false, 1 << 20);
    auto writer = KdumpWriter::begin(*destination, dump.facts, dump.memory, dump.kept);
    REQUIRE(writer);
    CHECK_FALSE(writer->finish());
    CHECK((Seen(*read_file(folder / "dump")).status() & status_incomplete) != 0);
}

TEST_CASE("VMCOREINFO that is not among the notes is added behind them") {
    const Folder folder;
    Case dump;
    dump.facts.notes = {};
    dump.facts.vmcoreinfo = "OSRELEASE=x\n";
    auto destination = FileDestination::create(folder / "dump", false, 1 << 20);
    REQUIRE(dump.write(*destination));
    const Seen seen(*read_file(folder / "dump"));
    CHECK(as_text(*seen.at.slice(*seen.at.u64(4096 + 32), *seen.at.u64(4096 + 40))) == "OSRELEASE=x\n");
    CHECK(*seen.at.u64(4096 + 48) == 0);
    CHECK(seen.page(0) == FakeImage::page(5));
}

TEST_CASE("sizes that the format cannot hold are refused before anything is written") {
    KdumpFacts facts;
    CHECK(plan_kdump(facts, 1U << 30, 1U << 20));
    CHECK_FALSE(plan_kdump(facts, ~0ULL, 0));
    CHECK_FALSE(plan_kdump(facts, 1ULL << 60, 1));
    CHECK_FALSE(plan_kdump(facts, 1, ~0ULL));
    CHECK_FALSE(plan_kdump(facts, 1, 1ULL << 60));
    facts.page_size = 5000;
    CHECK_FALSE(plan_kdump(facts, 1, 1));
}

TEST_CASE("nobody but its owner reads a dump") {
    const Folder folder;
    const auto destination = FileDestination::create(folder / "dump", false, 1 << 20);
    REQUIRE(destination);
    CHECK((std::filesystem::status(folder / "dump").permissions() & std::filesystem::perms::all) ==
          (std::filesystem::perms::owner_read | std::filesystem::perms::owner_write));
}

TEST_CASE("an existing file is only replaced when asked") {
    const Folder folder;
    REQUIRE(write_file_atomically(folder / "old", std::string_view("precious")));
    const auto refused = FileDestination::create(folder / "old", false, 1 << 20);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == ErrorKind::invalid);
    CHECK(exit_code(refused.error()) == exit_codes::invalid);
    CHECK(*read_text(folder / "old") == "precious");
    auto replacing = FileDestination::create(folder / "old", true, 1 << 20);
    REQUIRE(replacing);
    CHECK(*read_text(folder / "old") == "precious"); // nothing was written yet
    REQUIRE(replacing->write(0, as_bytes("new")));
    CHECK(*read_text(folder / "old") == "new");
}

TEST_CASE("a new file goes away again unless a page arrived") {
    const Folder folder;
    const bool arrived = GENERATE(false, true);
    Case dump;
    dump.image.unreadable = arrived ? 40500 : 5;
    {
        auto destination = FileDestination::create(folder / "dump", false, 1 << 20);
        REQUIRE_FALSE(dump.write(*destination));
    }
    CHECK(file_exists(folder / "dump") == arrived);
}

TEST_CASE("pages can be read as soon as they were appended") {
    const Folder folder;
    Case dump;
    auto destination = FileDestination::create(folder / "dump", false, 1 << 20);
    auto writer = KdumpWriter::begin(*destination, dump.facts, dump.memory, dump.kept);
    REQUIRE(writer);
    PageBlock block;
    block.data = FakeImage::page(5);
    block.used = block.data.size();
    block.pages = {{4096, 0}};
    REQUIRE(writer->append(block));
    // Neither finish() nor abandon(): what a kill leaves.
    const Seen seen(*read_file(folder / "dump"));
    CHECK((seen.status() & status_incomplete) != 0);
    CHECK(seen.page(0) == FakeImage::page(5));
    CHECK_FALSE(seen.page(1));
}

TEST_CASE("a full destination is a failure of the destination") {
    Case dump;
    auto destination = FileDestination::create("/dev/full", true, 1 << 20);
    REQUIRE(destination);
    const auto result = dump.write(*destination);
    REQUIRE_FALSE(result);
    CHECK(result.error().errno_value == ENOSPC);
    CHECK(exit_code(result.error()) == exit_codes::destination);
}

TEST_CASE("a file that may not grow keeps what it has, marked incomplete") {
    const Folder folder;
    Case dump;
    dump.compression = "none";
    dump.facts.level = 0;
    std::signal(SIGXFSZ, SIG_IGN);
    struct rlimit before {};
    ::getrlimit(RLIMIT_FSIZE, &before);
    struct rlimit small = before;
    small.rlim_cur = 3 << 20;
    ::setrlimit(RLIMIT_FSIZE, &small);
    auto destination = FileDestination::create(folder / "dump", false, 1 << 20);
    const auto result = dump.write(*destination);
    ::setrlimit(RLIMIT_FSIZE, &before);
    REQUIRE_FALSE(result);
    CHECK(exit_code(result.error()) == exit_codes::destination);
    const Seen seen(*read_file(folder / "dump"));
    CHECK((seen.status() & status_incomplete) != 0);
    CHECK(seen.page(0) == FakeImage::page(5));
    CHECK(seen.page(600));
    CHECK_FALSE(seen.page(dump.kept.count() - 1));
}

TEST_CASE("a pipe is not a place for this format") {
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    const Fd reading(ends[0]);
    const Fd writing(ends[1]);
    const auto result = FileDestination::create("/proc/self/fd/" + std::to_string(ends[1]), true, 1 << 20);
    REQUIRE_FALSE(result);
    CHECK(result.error().kind == ErrorKind::unsupported);
}

TEST_CASE("pages that are there twice are stored once, if they really are the same") {
    const Folder folder;
    auto destination = FileDestination::create(folder / "dump", false, 1 << 20);
    PageSet kept(10);
    kept.insert(0, 6);
    KdumpFacts facts;
    auto writer = KdumpWriter::begin(*destination, facts, kept, kept);
    REQUIRE(writer);
    const bool same = GENERATE(true, false);
    int asked = 0;
    writer->share_duplicates([&](const Duplicates::Stored& earlier, std::uint64_t pfn, Bytes) {
        ++asked;
        CHECK(earlier.pfn == 0);
        CHECK(pfn == 3);
        return same;
    });
    const auto block_of = [](std::uint64_t first, const std::vector<std::pair<char, std::uint64_t>>& pages) {
        PageBlock block;
        block.pfns = {{first, first + pages.size()}};
        for (const auto& [fill, hash] : pages) {
            block.data.resize(block.data.size() + 4096, static_cast<std::byte>(fill));
            block.pages.push_back({4096, 0, hash});
        }
        block.used = block.data.size();
        return block;
    };
    // Page 2 has the hash of page 1 and other bytes: compared inside the block. Page 3 asks. When it was
    // shared, pages 4 and 5 are compared with what it is stored as.
    REQUIRE(writer->append(block_of(0, {{'a', 7}, {'b', 8}, {'c', 8}})));
    REQUIRE(writer->append(block_of(3, {{'a', 7}, {'a', 7}})));
    const bool again = same;
    if (again)
        REQUIRE(writer->append(block_of(5, {{'d', 7}})));
    else
        REQUIRE(writer->append(block_of(5, {{'e', 10}})));
    REQUIRE(writer->finish());
    CHECK(asked == 1);
    CHECK(writer->pages_shared() == (same ? 2 : 1));
    const Seen seen(*read_file(folder / "dump"));
    const char* expected = same ? "abcaad" : "abcaae";
    for (std::uint64_t i = 0; i < 6; ++i)
        CHECK(seen.page(i)->front() == static_cast<std::byte>(expected[i]));
    const auto offset = [&](std::uint64_t i) { return *seen.at.u64(seen.descriptors + i * 24); };
    CHECK((offset(3) == offset(0)) == same);
    CHECK(offset(1) != offset(2));
}

TEST_CASE("a part of a split dump says which, and what was erased stands in its own section") {
    const Folder folder;
    Case dump;
    dump.facts.part = Range{1000, 40500};
    dump.facts.eraseinfo = "erase jiffies size 8\n";
    auto destination = FileDestination::create(folder / "part", false, 1 << 20);
    auto writer = KdumpWriter::begin(*destination, dump.facts, dump.memory, dump.kept);
    REQUIRE(writer);
    ImagePages pages(dump.image, dump.kept, 4096, *dump.facts.part);
    REQUIRE(run_pipeline(pages, {1, *parse_compression("lzo"), 4096, true},
                         [&](const PageBlock& block) { return writer->append(block); }));
    REQUIRE(writer->finish());
    const Seen seen(*read_file(folder / "part"));
    CHECK(*seen.at.u32(4096 + 12) == 1);
    CHECK(*seen.at.u64(4096 + 80) == 1000);
    CHECK(*seen.at.u64(4096 + 88) == 40500);
    CHECK(as_text(*seen.at.slice(*seen.at.u64(4096 + 64), *seen.at.u64(4096 + 72))) ==
          "erase jiffies size 8\n");
    CHECK(seen.bit(1, 5)); // the bitmap is that of the whole dump
    CHECK(seen.page(0) == FakeImage::page(1000));
    CHECK(seen.page(500) == FakeImage::page(40100));
    // Where makedumpfile --reassemble looks for it.
    const std::uint64_t data = seen.descriptors + dump.kept.count() * 24;
    CHECK(*seen.at.u64(seen.descriptors + 3 * 24) == data);
    // What is left of the place for descriptors takes no room.
    const Fd file = open_file(folder / "part", O_RDONLY).value();
    CHECK(::lseek(file.get(), static_cast<off_t>(seen.descriptors), SEEK_HOLE) < static_cast<off_t>(data));
}
