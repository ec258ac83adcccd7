// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/filter.h"
#include "makedumpfile-lite/kernel/kernel.h"
#include "makedumpfile-lite/self_check.h"
#include "makedumpfile-lite/summary.h"
#include "tests/unit/makedumpfile-lite/kernel/tables.h"

#include <algorithm>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace kdumpkit;
using namespace kdumpkit::dump;
using test::Machine;

namespace {

const Log silent([](LogLevel, std::string_view) {});

constexpr std::uint64_t file_mapping = 0xffff888000123400;
constexpr std::uint64_t anonymous = 0xffff888000123401;

// A machine that counts its pages: one node of one zone, one CPU, whose share of each counter is not yet in
// the totals.
struct CountingMachine : Machine {
    static constexpr std::uint64_t btf = 0x1100000, symbols_at = 0x1200000, values = 0x1300000;
    static constexpr std::uint64_t node = 0x1400000, shares = 0x1500000;
    static constexpr std::uint64_t stats = 2048, free_area = 256; // in the node, in its zone
    static constexpr std::uint64_t area_size = 40;
    static constexpr std::uint64_t hstates = 0x1600000, hstate_size = 40;
    static constexpr std::uint64_t huge_from = 6656, huge_pages = 4;
    static constexpr std::uint64_t free_pages = 4096, cached = 3000, anon = 2600, slabs = 1200;
    static constexpr std::uint64_t free_from = 12288, cache_from = 1024, anon_from = 8704, slab_from = 5120;

    CountingMachine() {
        test::BtfWriter writer;
        const auto byte = writer.integer(1);
        const auto word = writer.integer(8);
        writer.structure("page", 64, {{"flags", word, 0}});
        writer.structure("free_area", area_size, {{"nr_free", word, 32}});
        const auto area = writer.structure("area", area_size, {});
        writer.structure("zone", 1024,
                         {{"free_area", writer.array(area, 11), free_area},
                          {"per_cpu_zonestats", word, 104},
                          {"vm_stat", writer.array(word, 4), 800}});
        writer.structure("per_cpu_zonestat", 8, {{"vm_stat_diff", writer.array(byte, 4), 0}});
        writer.structure("pglist_data", 4096,
                         {{"node_zones", word, 0},
                          {"vm_stat", writer.array(word, 16), stats},
                          {"per_cpu_nodestats", word, 1032}});
        writer.structure("per_cpu_nodestat", 24, {{"vm_node_stat_diff", writer.array(byte, 16), 1}});
        const auto half = writer.integer(4);
        writer.structure("hstate", hstate_size, {{"order", half, 4}, {"nr_huge_pages", word, 16}});
        writer.enumeration("zone_stat_item", {{"NR_FREE_PAGES", 1}});
        writer.enumeration("node_stat_item", {{"NR_INACTIVE_ANON", 0},
                                              {"NR_ACTIVE_ANON", 1},
                                              {"NR_INACTIVE_FILE", 2},
                                              {"NR_ACTIVE_FILE", 3},
                                              {"NR_UNEVICTABLE", 4},
                                              {"NR_SLAB_RECLAIMABLE_B", 5},
                                              {"NR_SLAB_UNRECLAIMABLE_B", 6},
                                              {"NR_ANON_MAPPED", 7},
                                              {"NR_FILE_PAGES", 8},
                                              {"NR_SHMEM", 9}});
        put(btf, writer.finish());
        test::write_kallsyms(*this, symbols_at, OffsetForm::unsigned_base,
                             {{"_stext", image_vaddr + 0x1000000},
                              {"prb", image_vaddr + values + 0x800},
                              {"__start_BTF", image_vaddr + btf},
                              {"nr_cpu_ids", image_vaddr + values},
                              {"__cpu_possible_mask", image_vaddr + values + 8},
                              {"__per_cpu_offset", image_vaddr + values + 16},
                              {"hstates", image_vaddr + hstates},
                              {"hugetlb_max_hstate", image_vaddr + values + 32}});
        u32(values + 32, 2);
        for (const unsigned order : {9U, 18U}) // of the second size there are none
            u32(hstates + (order / 9 - 1) * hstate_size + 4, order);
        for (std::uint64_t i = 0; i < huge_pages; ++i)
            compound(huge_from + i * 512, 9, {.mapping = file_mapping}, 2);
        u64(hstates + 16, huge_pages);
        u32(values, 1);
        u64(values + 8, 1);
        u64(values + 16, direct_vaddr);
        info +=
            fmt::format("SYMBOL(prb)={:x}\nSYMBOL(contig_page_data)={:x}\nOFFSET(pglist_data.node_zones)=0\n"
                        "OFFSET(pglist_data.nr_zones)=1024\nOFFSET(pglist_data.node_start_pfn)=1040\n"
                        "OFFSET(pglist_data.node_spanned_pages)=1048\nSIZE(zone)=1024\n",
                        image_vaddr + values + 0x800, image_vaddr + node);
        u32(node + 1024, 1);
        u64(node + 1032, shares + 64); // the per-CPU pointer
        u64(node + 1040, 0);
        u64(node + 1048, pfns);
        u64(node + 104, shares);

        for (std::uint64_t i = 0; i < free_pages; i += 1024)
            free_block(free_from + i, 10);
        u64(node + free_area + 10 * area_size + 32, free_pages / 1024);
        zone_stat(1, free_pages);
        for (std::uint64_t i = 0; i < cached; ++i)
            page(cache_from + i, {.flags = lru, .mapping = file_mapping});
        node_stat(2, cached - 100);
        node_stat(3, 100);
        node_stat(8, cached);
        for (std::uint64_t i = 0; i < anon; ++i)
            page(anon_from + i, {.flags = lru | swapbacked, .mapping = anonymous});
        node_stat(0, anon);
        node_stat(1, 0);
        node_stat(7, anon);
        for (std::uint64_t i = 0; i < slabs; i += 2)
            compound(slab_from + i, 1, {.flags = slab});
        node_stat(5, 200);
        node_stat(6, slabs - 200);
        node_stat(4, 0);
        node_stat(9, 0);
    }
    // The CPU has 5 of them for itself.
    void node_stat(unsigned index, std::uint64_t pages) {
        u64(node + stats + index * 8, pages - 5);
        u8(shares + 64 + 1 + index, 5);
    }
    void zone_stat(unsigned index, std::uint64_t pages) {
        u64(node + 800 + index * 8, pages + 3);
        u8(shares + index, 0xfd);
    }
};

Selection select(const Machine& machine, unsigned level = 31, bool self_check = true) {
    auto kernel = Kernel::open(machine, silent);
    REQUIRE(kernel);
    auto selection = select_pages(machine, **kernel, FilterOptions{level, false, self_check}, silent, {});
    REQUIRE(selection);
    const PageCounts& n = selection->counts;
    CHECK(n.total == n.kept + n.cache + n.cache_private + n.user + n.free + n.offline + n.hwpoison);
    return std::move(*selection);
}

const Check& check(const Selection& selection, const std::string& name) {
    const auto found = std::ranges::find(selection.checks, name, &Check::name);
    REQUIRE(found != selection.checks.end());
    return *found;
}

} // namespace

TEST_CASE("a filter that is right agrees with the kernel's counters, to the page") {
    CountingMachine machine;
    const Selection selection = select(machine);
    REQUIRE(selection.checks.size() == 5);
    for (const Check& one : selection.checks) {
        INFO(describe(one));
        CHECK(one.verdict == Verdict::passed);
        CHECK(one.found >= one.least);
        CHECK(one.found <= one.most);
    }
    CHECK(check(selection, "free").most == CountingMachine::free_pages);
    CHECK(check(selection, "cache").least == CountingMachine::cached);
    CHECK(check(selection, "user").least == CountingMachine::anon);
    CHECK(check(selection, "slab").most == CountingMachine::slabs);
    CHECK(selection.warnings.empty());
    CHECK(selection.counts.free == CountingMachine::free_pages);
    CHECK(selection.counts.cache == CountingMachine::cached);
    CHECK(selection.counts.user == CountingMachine::anon + CountingMachine::huge_pages * 512);
    CHECK(check(selection, "hugetlb").found == CountingMachine::huge_pages * 512);
}

TEST_CASE("huge pages of hugetlb are counted, and kept when the kernel has another number of them") {
    CountingMachine machine;
    const auto with = [&](std::uint64_t at, std::uint64_t value) {
        CountingMachine other = machine;
        other.u64(at, value);
        return select(other);
    };
    SECTION("more than were found") {
        const Selection selection = with(CountingMachine::hstates + 16, 7);
        CHECK(check(selection, "hugetlb").verdict == Verdict::failed);
        CHECK(selection.counts.user == 0);
        CHECK(selection.counts.cache == CountingMachine::cached);
        REQUIRE(selection.warnings.size() == 1);
        CHECK(selection.warnings[0].find("user pages are kept: hugetlb: found 2048 pages") !=
              std::string::npos);
    }
    SECTION("fewer than were found") {
        const Selection selection = with(CountingMachine::hstates + 16, 1);
        CHECK(check(selection, "hugetlb").verdict == Verdict::failed);
        CHECK(selection.counts.user == 0);
    }
    SECTION("one more of another size") {
        CHECK(
            check(with(CountingMachine::hstates + CountingMachine::hstate_size + 16, 3), "hugetlb").verdict ==
            Verdict::failed);
    }
    SECTION("a batch on its way") {
        CHECK(check(with(CountingMachine::hstates + 16, 5), "hugetlb").verdict == Verdict::passed);
    }
    SECTION("tables that are rubbish are no counters") {
        CHECK(check(with(CountingMachine::values + 32, 65), "hugetlb").verdict == Verdict::unchecked);
        CHECK(check(with(CountingMachine::hstates + 16, ~std::uint64_t{0}), "hugetlb").verdict ==
              Verdict::unchecked);
        const Selection selection = with(CountingMachine::hstates, ~std::uint64_t{0}); // the order
        CHECK(check(selection, "hugetlb").verdict == Verdict::unchecked);
        CHECK(selection.counts.user == CountingMachine::anon + CountingMachine::huge_pages * 512);
    }
}

TEST_CASE("what a dump was made without is neither found wrong nor called right") {
    CountingMachine machine;
    const std::uint64_t map = CountingMachine::struct_pages / 4096;
    // The struct pages of all free pages and of half the cache, and these pages.
    machine.leave_out(map + CountingMachine::free_from / 64,
                      map + (CountingMachine::free_from + CountingMachine::free_pages) / 64);
    machine.leave_out(CountingMachine::free_from, CountingMachine::free_from + CountingMachine::free_pages);
    machine.leave_out(map + CountingMachine::cache_from / 64,
                      map + (CountingMachine::cache_from + 1536) / 64);
    machine.leave_out(CountingMachine::cache_from, CountingMachine::cache_from + 1536);
    const Selection selection = select(machine);
    CHECK(selection.warnings.empty());
    CHECK(selection.counts.unclassified == 0);
    for (const char* name : {"free", "cache"}) {
        INFO(name);
        CHECK(check(selection, name).verdict == Verdict::unchecked);
        CHECK(check(selection, name).reason.find("cannot be read") != std::string::npos);
    }
    CHECK(check(selection, "user").verdict == Verdict::passed);
    SECTION("pages that are there, of which nothing is known, are told") {
        CountingMachine blind;
        blind.leave_out(map + CountingMachine::cache_from / 64, map + CountingMachine::cache_from / 64 + 1);
        const Selection kept = select(blind);
        CHECK(kept.counts.unclassified == 64);
        CHECK(kept.warnings.size() == 1);
        CHECK(check(kept, "cache").verdict == Verdict::passed); // within the tolerance
    }
    SECTION("too many are wrong all the same") {
        machine.u64(CountingMachine::node + CountingMachine::stats + 7 * 8, 100);
        machine.u64(CountingMachine::node + CountingMachine::stats, 100);
        CHECK(check(select(machine), "user").verdict == Verdict::failed);
    }
}

TEST_CASE("a layout that is wrong is found out, and what it would drop wrongly is kept") {
    CountingMachine machine;
    struct Wrong {
        const char* what;
        const char* key;
        const char* value;
        const char* fails;
        unsigned keeps;
    };
    const unsigned cache = DumpLevel::cache | DumpLevel::cache_private;
    const Wrong wrong[] = {
        {"the LRU flag is another bit", "NUMBER(PG_lru)", "25", "cache", cache},
        {"the LRU flag is slab's bit", "NUMBER(PG_lru)", "9", "cache", cache},
        {"the slab flag is another bit", "NUMBER(PG_slab)", "26", "slab", cache | DumpLevel::user},
        {"the slab flag is the LRU's bit", "NUMBER(PG_slab)", "4", "slab", cache | DumpLevel::user},
        {"mapping is elsewhere", "OFFSET(page.mapping)", "16", "user", DumpLevel::user},
        {"mapping is where tails link", "OFFSET(page.mapping)", "8", "user", DumpLevel::user},
        {"the order of a free block is elsewhere", "OFFSET(page.private)", "16", "free", DumpLevel::free},
        {"free pages are of another type", "NUMBER(PAGE_BUDDY_MAPCOUNT_VALUE)", "-257", "free",
         DumpLevel::free},
        {"the type is elsewhere", "OFFSET(page._mapcount)", "56", "free", DumpLevel::free},
    };
    for (const Wrong& one : wrong) {
        INFO(one.what);
        CountingMachine liar = machine;
        liar.forget(one.key);
        liar.info += fmt::format("{}={}\n", one.key, one.value);
        const Selection trusting = select(liar, 31, false);
        const Selection selection = select(liar);
        CHECK(check(selection, one.fails).verdict == Verdict::failed);
        if ((one.keeps & DumpLevel::free) != 0)
            CHECK(selection.counts.free == 0);
        if ((one.keeps & DumpLevel::user) != 0)
            CHECK(selection.counts.user == 0);
        if ((one.keeps & DumpLevel::cache) != 0)
            CHECK(selection.counts.cache + selection.counts.cache_private == 0);
        CHECK(selection.kept.count() >= trusting.kept.count());
        REQUIRE_FALSE(selection.warnings.empty());
        CHECK(selection.warnings.back().find("SELF-CHECK FAILED") != std::string::npos);
        // Nothing that the kernel uses is lost.
        CHECK(selection.kept.count(CountingMachine::slab_from,
                                   CountingMachine::slab_from + CountingMachine::slabs) ==
              CountingMachine::slabs);
    }
}

TEST_CASE("the word of one struct page against that of the counters") {
    CountingMachine machine;
    SECTION("a kernel that counts fewer free pages than there seem to be") {
        machine.u64(CountingMachine::node + CountingMachine::free_area + 10 * 40 + 32, 1);
        const Selection selection = select(machine);
        CHECK(check(selection, "free").verdict == Verdict::failed);
        CHECK(selection.counts.free == 0);
        CHECK(selection.counts.user ==
              CountingMachine::anon + CountingMachine::huge_pages * 512); // the other classes go all the same
    }
    SECTION("blocks of the right sum but of other orders") {
        for (std::uint64_t i = 0; i < CountingMachine::free_pages; i += 8)
            machine.free_block(CountingMachine::free_from + i, 3);
        CHECK(check(select(machine), "free").verdict == Verdict::failed);
    }
    SECTION("NR_FREE_PAGES above what the lists count") {
        machine.zone_stat(1, CountingMachine::free_pages + 5000);
        CHECK(check(select(machine), "free").verdict == Verdict::failed);
    }
    SECTION("a count within the tolerance") {
        machine.u64(CountingMachine::node + CountingMachine::free_area + 10 * 40 + 32, 3);
        CHECK(check(select(machine), "free").verdict == Verdict::passed);
    }
    SECTION("counters that are rubbish") {
        for (unsigned i = 0; i < 10; ++i)
            machine.u64(CountingMachine::node + CountingMachine::stats + i * 8, ~std::uint64_t{0} >> (i % 3));
        const Selection selection = select(machine);
        CHECK(check(selection, "cache").verdict == Verdict::failed);
        CHECK(check(selection, "user").verdict == Verdict::failed);
        CHECK(selection.counts.cache + selection.counts.user == 0);
        CHECK(selection.counts.free == CountingMachine::free_pages);
    }
    SECTION("a level that drops nothing of the class that fails has no second walk") {
        machine.u64(CountingMachine::node + CountingMachine::free_area + 10 * 40 + 32, 1);
        CHECK(select(machine, 8).counts.user == CountingMachine::anon + CountingMachine::huge_pages * 512);
    }
}

TEST_CASE("pages that the image lacks are counted all the same, and hostile nodes cost nothing") {
    CountingMachine machine;
    SECTION("memory that the image leaves out") {
        machine.lose({CountingMachine::free_from * 4096, (CountingMachine::free_from + 3072) * 4096});
        const Selection selection = select(machine);
        CHECK(check(selection, "free").found == CountingMachine::free_pages);
        CHECK(selection.counts.free == 1024);
    }
    SECTION("a node of all memory there can be") {
        machine.u64(CountingMachine::node + 1048, std::uint64_t{1} << 40);
        CHECK(select(machine).counts.user == CountingMachine::anon + CountingMachine::huge_pages * 512);
    }
    SECTION("a node beyond it") {
        machine.u64(CountingMachine::node + 1040, ~std::uint64_t{0} - 5);
        CHECK(select(machine).counts.user == CountingMachine::anon + CountingMachine::huge_pages * 512);
    }
    SECTION("a share outside memory") {
        machine.u64(CountingMachine::values + 16, 0xffffc90000000000);
        const Selection selection = select(machine);
        CHECK(check(selection, "user").tolerance == 512 + 125);
        CHECK(check(selection, "user").verdict == Verdict::passed);
    }
}

TEST_CASE("without knowledge of the counters nothing is checked, and nothing is said") {
    Machine machine;
    machine.free_block(4096, 3);
    const Selection selection = select(machine);
    CHECK(selection.counts.free == 8);
    CHECK(selection.warnings.empty());
    for (const Check& one : selection.checks)
        CHECK(one.verdict == Verdict::unchecked);
}

TEST_CASE("large kmallocs count as slab without looking like it") {
    FoundPages found;
    KernelCounters counters;
    counters.cpus = 1;
    counters.shares_read = true;
    const auto set = [&](NodeStat stat, std::uint64_t pages) {
        counters.node[static_cast<std::size_t>(stat)] = pages;
    };
    set(NodeStat::slab_reclaimable, 1000);
    set(NodeStat::slab_unreclaimable, 9000);
    const auto verdict = [&] { return check_classes(found, counters, 1)[4].verdict; };
    found.slab = 6000;
    CHECK(verdict() == Verdict::failed);
    found.kernel_blocks = 4000;
    CHECK(verdict() == Verdict::passed);
    found.slab = 12000;
    CHECK(verdict() == Verdict::failed);
}

TEST_CASE("a failed check is in the summary, for programs and for people") {
    CountingMachine machine;
    machine.u64(CountingMachine::node + CountingMachine::free_area + 10 * 40 + 32, 1);
    const Selection selection = select(machine);
    Summary summary;
    summary.checks = selection.checks;
    const auto json = nlohmann::json::parse(to_json(summary));
    CHECK(json["self_check"]["failed"] == true);
    CHECK(json["self_check"]["checks"]["free"]["verdict"] == "failed");
    CHECK(json["self_check"]["checks"]["free"]["found"] == CountingMachine::free_pages);
    CHECK(json["self_check"]["checks"]["user"]["verdict"] == "passed");
    CHECK(report_text(summary).find("failed") != std::string::npos);
}
