// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/file.h"
#include "makedumpfile-lite/format/elf_writer.h"
#include "makedumpfile-lite/format/file_destination.h"
#include "makedumpfile-lite/pipeline.h"
#include "makedumpfile-lite/source/image.h"
#include "tests/unit/makedumpfile-lite/fake_image.h"
#include "tests/unit/makedumpfile-lite/folder.h"

#include <filesystem>

#include <catch2/catch.hpp>

using namespace kdumpkit;
using namespace kdumpkit::dump;
using namespace kdumpkit::dump::format;
using test::FakeImage;
using test::Folder;

namespace {

PageSet set_of(std::uint64_t limit, const std::vector<Range>& ranges) {
    PageSet set(limit);
    for (const Range& range : ranges)
        set.insert(range.begin, range.end);
    return set;
}

using Segments = std::vector<ElfSegment>;

} // namespace

TEST_CASE("segments of an ELF core: long gaps are left out, short ones are saved, ends have no bytes") {
    const PageSet memory = set_of(10000, {{0, 1000}, {2000, 9000}});
    struct Row {
        std::vector<Range> kept;
        Segments segments;
    };
    const std::vector<Row> table = {
        {{}, {{{0, 1000}, 0}, {{2000, 9000}, 0}}},
        {{{0, 1000}, {2000, 9000}}, {{{0, 1000}, 1000}, {{2000, 9000}, 7000}}},
        {{{100, 200}}, {{{0, 1000}, 200}, {{2000, 9000}, 0}}},
        {{{300, 400}}, {{{0, 300}, 0}, {{300, 1000}, 100}, {{2000, 9000}, 0}}},
        {{{0, 10}, {265, 266}}, {{{0, 1000}, 266}, {{2000, 9000}, 0}}},                 // 255 pages
        {{{0, 10}, {266, 267}}, {{{0, 266}, 10}, {{266, 1000}, 1}, {{2000, 9000}, 0}}}, // 256 pages
        {{{990, 1000}, {2000, 2001}}, {{{0, 990}, 0}, {{990, 1000}, 10}, {{2000, 9000}, 1}}},
    };
    for (const Row& row : table) {
        const ElfPlan plan = plan_elf(set_of(10000, row.kept), memory, memory);
        CHECK(plan.segments == row.segments);
        std::uint64_t stored = 0;
        for (const ElfSegment& segment : plan.segments)
            stored += segment.stored;
        CHECK(plan.pages.count() == stored);
        for (const Range& range : row.kept)
            CHECK(plan.pages.count(range.begin, range.end) == range.size());
    }
}

TEST_CASE("a gap whose pages nobody has is never filled; too many segments make longer gaps short") {
    const PageSet memory = set_of(10000, {{0, 10000}});
    const PageSet kept = set_of(10000, {{0, 10}, {20, 30}});
    CHECK(plan_elf(kept, memory, kept).segments == Segments{{{0, 20}, 10}, {{20, 10000}, 10}});
    PageSet scattered(10000);
    for (std::uint64_t pfn = 0; pfn < 10000; pfn += 300)
        scattered.insert(pfn, pfn + 1);
    CHECK(plan_elf(scattered, memory, memory).segments.size() == 34);
    CHECK(plan_elf(scattered, memory, memory, 10).segments.size() == 1);
}

TEST_CASE("an ELF core that was written opens as an image with the same memory") {
    const Folder folder;
    FakeImage image(RangeSet{{0, 3000 * 4096}});
    test::add_note(image.notes_, "CORE", 1, std::string(336, 'r'));
    const PageSet memory = set_of(3000, {{0, 3000}});
    const PageSet kept = set_of(3000, {{5, 400}, {1000, 1500}, {2999, 3000}});
    const ElfPlan plan = plan_elf(kept, memory, memory);
    ElfFacts facts;
    facts.notes = image.notes_;
    facts.vmcoreinfo = "OSRELEASE=x\nPAGESIZE=4096\n";
    facts.eraseinfo = "erase jiffies size 8\n";
    facts.mappings = {{1024 * 4096, 0xffffffff81000000, 100 * 4096}, {0, 0xffff888000000000, 3000 * 4096}};
    auto destination = FileDestination::create(folder / "core", false, 1 << 20);
    REQUIRE(destination);
    auto writer = ElfWriter::begin(*destination, facts, plan);
    REQUIRE(writer);
    const bool whole = GENERATE(true, false);
    std::uint64_t blocks = 0;
    const PipelineSettings settings{2, {}, 4096, true};
    (void)run_pipeline(image, plan.pages, settings, [&](const PageBlock& block) -> Result<> {
        if (!whole && ++blocks == 10)
            return fail(ErrorKind::system, "stop", "here");
        return writer->append(block);
    });
    if (whole)
        REQUIRE(writer->finish());
    else
        REQUIRE(writer->abandon());
    const auto opened = open_image(folder / "core");
    REQUIRE(opened);
    const std::string text = *read_text(folder / "core");
    const std::size_t marked = text.find("KDUMPKIT") + 12; // a name of 9 bytes, padded to 12
    // One that was never finished says so, and hands its own note on to nobody.
    CHECK((*opened)->truncated() == !whole);
    CHECK(as_text((*opened)->notes()).find("STATUS=incomplete") == std::string_view::npos);
    CHECK(text.find("STATUS=incomplete") == (whole ? std::string_view::npos : marked));
    CHECK((*opened)->vmcoreinfo() == "OSRELEASE=x\nPAGESIZE=4096\n");
    CHECK(as_text((*opened)->notes()).find("erase jiffies size 8\n") != std::string_view::npos);
    // A kept page that never arrived is no memory: it must not read as zero.
    std::uint64_t loads_of_last = 0;
    const ByteReader bytes(as_bytes(text));
    for (std::size_t i = 0; i < *bytes.u16(56); ++i) {
        const auto load = *bytes.raw<Elf64_Phdr>(64 + i * sizeof(Elf64_Phdr));
        if (load.p_type == PT_LOAD && load.p_paddr <= 2999 * 4096 &&
            2999 * 4096 - load.p_paddr < load.p_memsz)
            ++loads_of_last;
    }
    CHECK(loads_of_last == (whole ? 1 : 0));
    const auto reader = (*opened)->reader();
    std::uint64_t found = 0;
    for (auto pfn = kept.next(0); pfn; pfn = kept.next(*pfn + 1)) {
        const auto page = reader->view(*pfn * 4096, 4096);
        if (!page && !whole)
            continue;
        REQUIRE(page);
        const auto expected = FakeImage::page(*pfn);
        if (!std::equal(page->begin(), page->end(), expected.begin(), expected.end()))
            FAIL("wrong contents of pfn " << *pfn);
        ++found;
    }
    CHECK(found == (whole ? kept.count() : 9 * 64 - 5)); // the gap before pfn 5 was filled
    // Kernel text first, inside the same bytes of the file as the memory.
    const auto maps = (*opened)->mappings();
    REQUIRE(maps.size() >= 2);
    if (whole) {
        CHECK(maps.front().vaddr == 0xffffffff81000000);
        CHECK(maps.front().paddr == 1024 * 4096);
        CHECK(maps.back().vaddr == 0xffff888000000000 + maps.back().paddr);
        CHECK(std::filesystem::file_size(folder / "core") < (plan.pages.count() + 2) * 4096);
    }
}
