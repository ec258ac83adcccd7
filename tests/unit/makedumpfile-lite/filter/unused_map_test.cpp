// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/filter.h"
#include "makedumpfile-lite/kernel/kernel.h"
#include "tests/unit/makedumpfile-lite/kernel/machine.h"

#include <catch2/catch.hpp>

using namespace kdumpkit;
using namespace kdumpkit::dump;
using test::Machine;

namespace {

const Log silent([](LogLevel, std::string_view) {});

constexpr std::uint64_t file_mapping = 0xffff888000123400;
constexpr std::uint64_t per_page = 64; // struct pages in a page
constexpr std::uint64_t map_pfn = Machine::struct_pages / 4096;

// Maps each page of the memory map by itself, so that a test can make several of them one.
struct MapMachine : Machine {
    static constexpr std::uint64_t table = page_table + 0x4000;
    MapMachine() {
        u64(page_table + 0x3000 + (vmemmap >> 21 & 511) * 8, table | 1);
        for (std::uint64_t i = 0; i < pfns / per_page; ++i)
            place(i, map_pfn + i);
    }
    // Struct pages [64 * index, ...) lie in page `pfn`.
    void place(std::uint64_t index, std::uint64_t pfn) { u64(table + index * 8, pfn << 12 | 1); }
    void cache(std::uint64_t begin, std::uint64_t end) {
        for (std::uint64_t pfn = begin; pfn < end; ++pfn)
            page(pfn, {.flags = lru, .mapping = file_mapping});
    }
};

Selection select(const Machine& machine, bool unused_map = true) {
    auto kernel = Kernel::open(machine, silent);
    REQUIRE(kernel);
    auto selection = select_pages(machine, **kernel, FilterOptions{31, false, true, unused_map}, silent, {});
    REQUIRE(selection);
    const PageCounts& n = selection->counts;
    CHECK(n.kept == selection->kept.count());
    CHECK(n.total ==
          n.kept + n.cache + n.cache_private + n.user + n.free + n.offline + n.hwpoison + n.unused_map);
    return std::move(*selection);
}

} // namespace

TEST_CASE("a page of struct pages goes when all it describes goes, and only then") {
    MapMachine machine;
    machine.cache(64, 128);     // page 1 of the map: all of it
    machine.cache(192, 255);    // page 3: all but the last
    machine.cache(321, 384);    // page 5: all but the first
    machine.free_block(512, 9); // pages 8 to 15
    const Selection selection = select(machine);
    CHECK_FALSE(selection.kept.contains(map_pfn + 1));
    CHECK(selection.kept.contains(map_pfn + 0));
    CHECK(selection.kept.contains(map_pfn + 2));
    CHECK(selection.kept.contains(map_pfn + 3));
    CHECK(selection.kept.contains(map_pfn + 5));
    CHECK(selection.kept.count(map_pfn + 8, map_pfn + 16) == 0);
    CHECK(selection.kept.contains(map_pfn + 7));
    CHECK(selection.kept.contains(map_pfn + 16));
    CHECK(selection.counts.unused_map == 9);
    CHECK(select(machine, false).counts.unused_map == 0);
}

TEST_CASE("a page of struct pages that describe memory which the image lacks goes") {
    MapMachine machine;
    machine.lose({64 * 4096, 128 * 4096});
    const Selection selection = select(machine);
    CHECK_FALSE(selection.kept.contains(map_pfn + 1));
    CHECK(selection.counts.unused_map == 1);
}

TEST_CASE("a page that several virtual pages share goes when all of them may") {
    MapMachine machine;
    machine.compound(1024, 9, {.mapping = file_mapping}, 2); // hugetlb: pages 16 to 23 of the map
    // Its tails' struct pages all lie in the second page, as hugetlb's vmemmap optimisation maps them.
    for (std::uint64_t index = 18; index < 24; ++index)
        machine.place(index, map_pfn + 17);
    SECTION("all dropped") {
        const Selection selection = select(machine);
        CHECK(selection.counts.user == 512);
        CHECK_FALSE(selection.kept.contains(map_pfn + 16));
        CHECK_FALSE(selection.kept.contains(map_pfn + 17));
        CHECK(selection.kept.contains(map_pfn + 18)); // no struct page is there any more
        CHECK(selection.counts.unused_map == 2);
    }
    SECTION("one of them describes a page that is kept") {
        machine.place(40, map_pfn + 17); // 2560 to 2623: tails, which are kept
        const Selection selection = select(machine);
        CHECK(selection.kept.contains(map_pfn + 17));
        CHECK(selection.counts.unused_map == 1);
    }
    SECTION("one that comes first") {
        machine.place(2, map_pfn + 17);
        CHECK(select(machine).kept.contains(map_pfn + 17));
    }
}

TEST_CASE(
    "pages of the map that are not mapped, or mapped outside the image, cost nothing and drop nothing") {
    MapMachine machine;
    machine.cache(64, 192);
    SECTION("not mapped") {
        machine.u64(MapMachine::table + 8, 0);
    }
    SECTION("far away") {
        machine.place(1, std::uint64_t{1} << 39);
    }
    const Selection selection = select(machine);
    CHECK(selection.kept.contains(64)); // nobody could see what it is
    CHECK_FALSE(selection.kept.contains(map_pfn + 2));
    CHECK(selection.counts.unused_map == 1);
}
