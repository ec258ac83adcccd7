// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/blind_spots.h"
#include "makedumpfile-lite/filter.h"
#include "makedumpfile-lite/kernel/kernel.h"
#include "tests/unit/makedumpfile-lite/kernel/machine.h"

#include <algorithm>

#include <catch2/catch.hpp>

using namespace kdumpkit;
using namespace kdumpkit::dump;
using test::Machine;

namespace {

const Log silent([](LogLevel, std::string_view) {});

Result<Selection> select(const Machine& machine, unsigned level) {
    auto kernel = Kernel::open(machine, silent);
    REQUIRE(kernel);
    // This machine has no per-CPU lists: percpu_test looks at those.
    return select_pages(machine, **kernel, FilterOptions{level, false, true}, silent, {});
}

void check_sums(const Selection& selection) {
    const PageCounts& n = selection.counts;
    CHECK(n.total == selection.memory.count());
    CHECK(n.kept == selection.kept.count());
    CHECK(n.total == n.kept + n.cache + n.cache_private + n.user + n.free + n.offline + n.hwpoison);
}

constexpr std::uint64_t file_mapping = 0xffff888000123400;
constexpr std::uint64_t anonymous = 0xffff888000123401;

} // namespace

TEST_CASE("each bit of the dump level drops what makedumpfile's does") {
    Machine machine;
    // Every case takes 16 pages of its own; `drop` is the set of level bits any of which drops it.
    struct Case {
        const char* what;
        Machine::Page page;
        unsigned drop;
    };
    const Case cases[] = {
        {"in use by the kernel", {}, 0},
        {"page cache", {.flags = Machine::lru, .mapping = file_mapping}, 2 | 4},
        {"page cache with private data",
         {.flags = Machine::lru | Machine::private_, .mapping = file_mapping},
         4},
        {"swap cache", {.flags = Machine::swapcache | Machine::swapbacked}, 2 | 4},
        {"the swap cache bit on a page that is not swap-backed", {.flags = Machine::swapcache}, 0},
        {"anonymous", {.flags = Machine::lru | Machine::swapbacked, .mapping = anonymous}, 8},
        {"anonymous in the swap cache",
         {.flags = Machine::lru | Machine::swapbacked | Machine::swapcache, .mapping = anonymous},
         8},
        {"a mapped anonymous page", {.flags = Machine::lru, .mapping = anonymous, .type = 3}, 8},
        {"slab", {.flags = Machine::slab, .mapping = file_mapping}, 0},
        {"slab that looks anonymous and typed",
         {.flags = Machine::slab, .mapping = anonymous, .type = Machine::buddy},
         0},
        {"free", {.private_data = 0, .type = Machine::buddy, .refcount = 0}, 16},
        {"a page table", {.mapping = anonymous, .type = static_cast<std::uint32_t>(-1025)}, 0},
        {"no references, but not on a free list", {.refcount = 0}, 0},
        {"the tail of nothing", {.compound = Machine::page_vaddr(4000) | 1, .mapping = anonymous}, 0},
        {"offline", {.type = Machine::offline}, 31 & ~1U},
        {"broken", {.flags = Machine::hwpoison}, 31 & ~1U},
        {"broken page cache", {.flags = Machine::hwpoison | Machine::lru, .mapping = file_mapping}, 31 & ~1U},
    };
    std::uint64_t pfn = 64;
    for (const Case& c : cases)
        machine.page(pfn, c.page), pfn += 16;
    for (unsigned level = 0; level <= DumpLevel::highest; ++level) {
        const auto selection = select(machine, level);
        REQUIRE(selection);
        check_sums(*selection);
        CHECK(selection->warnings.empty());
        pfn = 64;
        std::uint64_t dropped = 0;
        for (const Case& c : cases) {
            INFO(c.what << " at level " << level);
            CHECK(selection->kept.contains(pfn) == ((level & c.drop) == 0));
            dropped += (level & c.drop) != 0 ? 1 : 0;
            pfn += 16;
        }
        CHECK(selection->counts.kept == Machine::pfns - dropped);
    }
    CHECK(select(machine, 32).error().kind == ErrorKind::invalid);
}

TEST_CASE("a block goes or stays whole") {
    Machine machine;
    machine.compound(512, 9, {.flags = Machine::lru | Machine::swapbacked, .mapping = anonymous});
    machine.compound(1024, 9, {.mapping = file_mapping}, 2); // hugetlb
    machine.compound(2048, 3, {.flags = Machine::slab});
    machine.compound(2064, 4, {.flags = Machine::lru, .mapping = file_mapping});
    machine.free_block(4096, 10);
    machine.page(4099, {.flags = Machine::lru, .mapping = file_mapping}); // stale, inside the free block
    const auto selection = select(machine, 31);
    REQUIRE(selection);
    check_sums(*selection);
    CHECK(selection->counts.user == 1024);
    CHECK(selection->counts.cache == 16);
    CHECK(selection->counts.free == 1024);
    CHECK(selection->kept.count(2048, 2056) == 8);
    CHECK(select(machine, 2)->kept.contains(4099));
}

TEST_CASE("the head of a huge page that gave its struct pages back comes again inside it, and says nothing") {
    Machine machine;
    machine.compound(1024, 9, {.mapping = file_mapping}, 2);
    for (std::uint64_t pfn = 1024 + 64; pfn < 1024 + 512; pfn += 64) {
        machine.page(pfn, {.flags = Machine::head, .mapping = file_mapping});
        machine.u8(Machine::page_paddr(pfn + 1) + 17, 9);
    }
    const unsigned level = GENERATE(2U, 8U);
    const auto selection = select(machine, level);
    REQUIRE(selection);
    CHECK(selection->warnings.empty());
    CHECK(selection->counts.unclassified == 0);
    CHECK(selection->kept.count() == Machine::pfns - (level == 8 ? 512 : 0));
}

TEST_CASE("heads that contradict themselves are kept, and so is what they claim") {
    Machine machine;
    const Machine::Page user{.flags = Machine::lru | Machine::swapbacked, .mapping = anonymous};
    std::uint64_t pfn = 0;
    SECTION("an order beyond any page") {
        pfn = 4096;
        machine.compound(pfn, 3, user);
        machine.u8(Machine::page_paddr(pfn + 1) + 17, 63);
    }
    SECTION("an order that its position cannot have") {
        pfn = 4104;
        machine.compound(pfn, 3, user);
        machine.u8(Machine::page_paddr(pfn + 1) + 17, 4);
    }
    SECTION("a second page that belongs to another head") {
        pfn = 4096;
        machine.compound(pfn, 3, user);
        machine.u64(Machine::page_paddr(pfn + 1) + 8, Machine::page_vaddr(512) | 1);
    }
    SECTION("an order larger than its tails") {
        pfn = 4096;
        machine.compound(pfn, 3, user);
        machine.u8(Machine::page_paddr(pfn + 1) + 17, 9);
    }
    SECTION("a free block with something in use at its middle") {
        pfn = 4096;
        machine.free_block(pfn, 5);
        machine.page(pfn + 16, {});
    }
    SECTION("a free block with something in use at its end") {
        pfn = 4096;
        machine.free_block(pfn, 5);
        machine.page(pfn + 31, {});
    }
    SECTION("a free block of an impossible order") {
        pfn = 4096;
        machine.page(pfn, {.private_data = 11, .type = Machine::buddy});
    }
    SECTION("a free block of an order that wraps around") {
        pfn = 4096;
        machine.page(pfn, {.private_data = ~0ULL, .type = Machine::buddy});
    }
    SECTION("a free block that is not aligned") {
        pfn = 4100;
        machine.page(pfn, {.private_data = 3, .type = Machine::buddy});
    }
    const auto selection = select(machine, 31);
    REQUIRE(selection);
    check_sums(*selection);
    CHECK(selection->kept.contains(pfn));
    CHECK(selection->counts.kept == Machine::pfns);
    CHECK(selection->counts.unclassified == 1);
    CHECK(selection->warnings.size() == 1);
}

TEST_CASE("pages whose struct pages are not in the image are kept, the others decided") {
    Machine machine;
    machine.page(10, {.flags = Machine::lru, .mapping = file_mapping});
    machine.page(200, {.flags = Machine::lru, .mapping = file_mapping});
    machine.lose({Machine::struct_pages + 0x2000, Machine::struct_pages + 0x4000}); // struct pages 128 to 255
    const auto selection = select(machine, 31);
    REQUIRE(selection);
    check_sums(*selection);
    CHECK_FALSE(selection->kept.contains(10));
    CHECK(selection->kept.contains(200));
    CHECK(selection->counts.unclassified == 128);
    CHECK(selection->counts.total == Machine::pfns - 2);
    REQUIRE_FALSE(selection->warnings.empty());
    CHECK(selection->warnings[0].find("kept unseen") != std::string::npos);
}

TEST_CASE("a section without struct pages is kept") {
    Machine machine;
    machine.page(10, {.flags = Machine::lru, .mapping = file_mapping});
    SECTION("no root") {
        machine.u64(Machine::section_roots, 0);
    }
    SECTION("not present") {
        machine.u64(Machine::sections, 0);
    }
    SECTION("a root that is not mapped") {
        machine.u64(Machine::section_roots, 0xffffc90000000000);
    }
    SECTION("a map outside memory") {
        machine.u64(Machine::sections, 0xffff888fffff0000 | 0x1f);
    }
    const auto selection = select(machine, 31);
    REQUIRE(selection);
    CHECK(selection->counts.kept == Machine::pfns);
    CHECK(selection->counts.unclassified == Machine::pfns);
}

TEST_CASE("a free block never reaches outside the image") {
    Machine machine;
    machine.free_block(Machine::pfns - 512, 9);
    machine.lose({Machine::ram - 0x10000, Machine::ram});
    const auto selection = select(machine, 16);
    REQUIRE(selection);
    check_sums(*selection);
    CHECK(selection->counts.free == 512 - 16);
}

TEST_CASE("without VMCOREINFO, or with one that lacks what matters, the error names the next step") {
    Machine machine;
    SECTION("none at all") {
        machine.info.clear();
        const auto kernel = Kernel::open(machine, silent);
        REQUIRE_FALSE(kernel);
        CHECK(kernel.error().kind == ErrorKind::absent);
        CHECK(kernel.error().next_step.find("-d 1") != std::string::npos);
        const auto all = select_all(machine);
        REQUIRE(all);
        CHECK(all->counts.kept == Machine::pfns);
    }
    SECTION("no page table") {
        machine.forget("SYMBOL(swapper_pg_dir)");
        CHECK(Kernel::open(machine, silent).error().kind == ErrorKind::absent);
    }
    SECTION("another architecture") {
        machine.machine = 183;
        CHECK(Kernel::open(machine, silent).error().kind == ErrorKind::unsupported);
    }
    SECTION("a page size of zero") {
        machine.forget("PAGESIZE");
        CHECK(Kernel::open(machine, silent).error().kind == ErrorKind::corrupt);
    }
    SECTION("no layout of struct page") {
        machine.forget("OFFSET(page.mapping)");
        const auto selection = select(machine, 31);
        REQUIRE_FALSE(selection);
        CHECK(selection.error().message().find("page.mapping") != std::string::npos);
        CHECK(select(machine, 1)->counts.kept == Machine::pfns);
    }
    SECTION("struct page members outside it") {
        machine.forget("OFFSET(page.mapping)");
        machine.info += "OFFSET(page.mapping)=18446744073709551610\n";
        CHECK(select(machine, 31).error().kind == ErrorKind::corrupt);
    }
}

TEST_CASE("a kernel that does not tell how free pages look keeps them") {
    Machine machine;
    machine.page(100, {.private_data = 0, .type = Machine::buddy, .refcount = 0});
    const auto warned = [&](unsigned level) {
        const auto selection = select(machine, level);
        return std::ranges::any_of(selection->warnings, [](const std::string& warning) {
            return warning.find("what free pages look like") != std::string::npos;
        });
    };
    CHECK_FALSE(warned(31));
    machine.forget("NUMBER(PAGE_BUDDY_MAPCOUNT_VALUE)");
    CHECK(select(machine, 31)->counts.kept == Machine::pfns);
    CHECK(warned(31));
    CHECK(warned(16));
    CHECK_FALSE(warned(15));
}

TEST_CASE("what a layout cannot tell is said, at the levels that ask for it") {
    PageLayout page;
    CHECK(blind_spots(page, 31).size() == 3);
    CHECK(blind_spots(page, 16).size() == 1);
    CHECK(blind_spots(page, 8).size() == 2);
    CHECK(blind_spots(page, 1).empty());
    page.types.buddy = 1;
    page.buddy_orders = 11;
    page.order = 65;
    CHECK(blind_spots(page, 31).size() == 1);
    page.hugetlb_flag_mask = 4;
    CHECK(blind_spots(page, 31).empty());
}
