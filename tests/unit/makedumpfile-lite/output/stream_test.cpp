// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/file.h"
#include "makedumpfile-lite/format/file_destination.h"
#include "makedumpfile-lite/format/stream_writer.h"
#include "makedumpfile-lite/pipeline.h"
#include "makedumpfile-lite/source/stream_reader.h"
#include "makedumpfile-lite/stream_pages.h"
#include "tests/unit/makedumpfile-lite/fake_image.h"
#include "tests/unit/makedumpfile-lite/folder.h"

#include <map>
#include <random>

#include <catch2/catch.hpp>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zstd.h>

using namespace kdumpkit;
using namespace kdumpkit::dump;
using namespace kdumpkit::dump::format;
using test::FakeImage;
using test::Folder;

namespace {

struct Case {
    FakeImage image{RangeSet{{0, 90000 * 4096}}};
    PageSet memory{90000};
    PageSet kept{90000};
    KdumpFacts facts;
    std::map<std::uint64_t, std::vector<std::byte>> pages; // what must come back; making one takes long

    Case() {
        memory.insert(0, 90000);
        kept.insert(3, 500);
        for (std::uint64_t pfn = 600; pfn < 1000; pfn += 3)
            kept.insert(pfn, pfn + 1);
        kept.insert(80000, 80100);
        for (auto pfn = kept.next(0); pfn; pfn = kept.next(*pfn + 1))
            pages[*pfn] = FakeImage::page(*pfn);
        test::add_note(image.notes_, "CORE", 1, std::string(336, 'r'));
        facts.notes = image.notes_;
        facts.vmcoreinfo = "OSRELEASE=x\n";
        facts.eraseinfo = "erase jiffies size 8\n";
        facts.utsname = {"Linux", "host", "6.1.0-test", "#1", "x86_64", "(none)"};
        facts.level = 31;
        facts.crash_time = 1700000000;
    }
    std::vector<std::byte> write(unsigned workers) {
        const Folder folder;
        auto destination = FileDestination::create(folder / "stream", false, 1 << 20);
        REQUIRE(destination);
        PipelineSettings settings{workers, *parse_compression("zstd:3"), 4096, true};
        settings.frame_pages = 64;
        auto writer = StreamWriter::begin(*destination, facts, memory, kept, 64, 3);
        REQUIRE(writer);
        REQUIRE(run_pipeline(image, kept, settings,
                             [&](const PageBlock& block) { return writer->append(block); }));
        REQUIRE(writer->finish());
        return *read_file(folder / "stream");
    }
};

struct Seen {
    bool head = false;
    std::uint64_t pages = 0;
    std::optional<Error> error;
};

// Reads all that can be read; every page must be the right one.
Seen read(const std::vector<std::byte>& bytes, const Case& expected) {
    const Fd fd(::memfd_create("stream", MFD_CLOEXEC));
    REQUIRE(pwrite_all(fd.get(), 0, bytes, "the stream"));
    SequentialInput input(fd.get(), "the stream");
    StreamReader reader(input);
    Seen seen;
    if (const auto head = reader.read_head(); !head) {
        seen.error = head.error();
        return seen;
    }
    seen.head = true;
    StreamPages pages(reader, "the stream");
    PipelineSettings settings{2, {}, 4096, false};
    settings.single_pages = reader.facts().frame_pages;
    const auto run = run_pipeline(pages, settings, [&](const PageBlock& block) -> Result<> {
        std::size_t index = 0;
        for (const Range& range : block.pfns)
            for (std::uint64_t pfn = range.begin; pfn < range.end && index < block.pages.size(); ++pfn) {
                const Bytes page = block.stored().subspan(index++ * 4096, 4096);
                const auto should = expected.pages.find(pfn);
                if (should == expected.pages.end() ||
                    !std::equal(page.begin(), page.end(), should->second.begin(), should->second.end()))
                    FAIL("wrong contents of pfn " << pfn);
            }
        seen.pages += index;
        return {};
    });
    if (!run)
        seen.error = run.error();
    return seen;
}

} // namespace

TEST_CASE("a stream comes back page by page, and is the same for every number of workers") {
    Case dump;
    const auto bytes = dump.write(1);
    CHECK(dump.write(4) == bytes);
    const Seen seen = read(bytes, dump);
    CHECK_FALSE(seen.error);
    CHECK(seen.pages == dump.kept.count());
}

TEST_CASE("the head of a stream tells what the headers of a dump need") {
    Case dump;
    const Folder folder;
    REQUIRE(write_file_atomically(folder / "stream", dump.write(2)));
    const auto fd = open_file(folder / "stream", O_RDONLY);
    SequentialInput input(fd->get(), "the stream");
    StreamReader reader(input);
    REQUIRE(reader.read_head());
    const KdumpFacts facts = reader.kdump_facts();
    CHECK(facts.utsname.release == "6.1.0-test");
    CHECK(facts.utsname.domainname == "(none)");
    CHECK(facts.vmcoreinfo == "OSRELEASE=x\n");
    CHECK(facts.eraseinfo == "erase jiffies size 8\n");
    CHECK(as_text(facts.notes) == as_text(dump.image.notes_));
    CHECK(facts.level == 31);
    CHECK(facts.crash_time == 1700000000);
    CHECK(reader.memory().count() == 90000);
    CHECK(reader.kept().count(3, 500) == 497);
}

TEST_CASE("a stream is a sequence of zstd frames with checksums") {
    Case dump;
    const auto bytes = dump.write(1);
    std::size_t at = 0;
    std::size_t frames = 0;
    while (at < bytes.size()) {
        const std::size_t size = ZSTD_findFrameCompressedSize(bytes.data() + at, bytes.size() - at);
        REQUIRE(ZSTD_isError(size) == 0);
        const ByteReader frame(Bytes(bytes).subspan(at));
        if (*frame.u32(0) == ZSTD_MAGICNUMBER) {
            CHECK((*frame.u8(4) & 4) != 0); // RFC 8878, 3.1.1.1.1: Content_Checksum_flag
            ++frames;
        }
        at += size;
    }
    CHECK(frames > 10);
    // The index is where its end says.
    const ByteReader all{Bytes(bytes)};
    CHECK(as_text(*all.slice(bytes.size() - 8, 8)) == "KDKINDEX");
    CHECK(*all.u32(*all.u64(bytes.size() - 16)) == 0x184D2A5B);
}

TEST_CASE("a stream that is cut gives every frame before the cut") {
    Case dump;
    const auto bytes = dump.write(1);
    std::uint64_t before = 0;
    for (std::size_t size = 0; size < bytes.size(); size += 20011) {
        const Seen seen = read({bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)}, dump);
        REQUIRE(seen.error);
        CHECK(seen.error->kind == ErrorKind::corrupt);
        CHECK(seen.error->side == ErrorSide::source);
        CHECK(seen.pages >= before);
        before = seen.pages;
    }
    CHECK(before + 64 >= dump.kept.count()); // all but the last frame
}

TEST_CASE("a stream that lies is refused, and never gives a wrong page") {
    Case dump;
    const auto bytes = dump.write(1);
    std::mt19937 random(1);
    for (int round = 0; round < 60; ++round) {
        auto damaged = bytes;
        const std::size_t at = random() % damaged.size();
        damaged[at] ^= static_cast<std::byte>(1U << (random() % 8));
        (void)read(damaged, dump);
    }
}
