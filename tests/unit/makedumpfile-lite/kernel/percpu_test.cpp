// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/filter.h"
#include "makedumpfile-lite/kernel/percpu.h"
#include "tests/unit/makedumpfile-lite/kernel/tables.h"

#include <catch2/catch.hpp>

using namespace kdumpkit;
using namespace kdumpkit::dump;
using test::Machine;

namespace {

const Log silent([](LogLevel, std::string_view) {});

// A machine with one node of one zone and two CPUs, BTF and a symbol table; its per-CPU lists are empty.
struct PerCpuMachine : Machine {
    static constexpr std::uint64_t btf = 0x1100000, symbols_at = 0x1200000, values = 0x1300000;
    static constexpr std::uint64_t node = 0x1400000, per_cpu = 0x1500000; // CPU n at per_cpu + n * 0x10000
    static constexpr std::uint64_t lists = 64;                            // in struct per_cpu_pages

    explicit PerCpuMachine(OffsetForm form) {
        test::BtfWriter writer;
        const auto integer = writer.integer(4);
        const auto word = writer.integer(8);
        const auto list = writer.structure("list_head", 16, {{"next", word, 0}, {"prev", word, 8}});
        writer.structure("page", 64, {{"flags", word, 0}});
        writer.structure("zone", 256, {{"per_cpu_pageset", word, 96}});
        writer.structure("per_cpu_pages", 288,
                         {{"count", integer, 4}, {"lists", writer.array(list, 14), lists}});
        writer.enumeration("migratetype", {{"MIGRATE_UNMOVABLE", 0}, {"MIGRATE_PCPTYPES", 3}});
        put(btf, writer.finish());
        test::write_kallsyms(*this, symbols_at, form,
                             {{"_stext", image_vaddr + 0x1000000},
                              {"prb", image_vaddr + values + 0x800},
                              {std::string(200, 'x'), image_vaddr + values},
                              {"__start_BTF", image_vaddr + btf},
                              {"nr_cpu_ids", image_vaddr + values},
                              {"__cpu_possible_mask", image_vaddr + values + 8},
                              {"__per_cpu_offset", image_vaddr + values + 16}});
        u32(values, 2);
        u64(values + 8, 3);
        u64(values + 16, direct_vaddr);
        u64(values + 24, direct_vaddr + 0x10000);
        info +=
            fmt::format("SYMBOL(prb)={:x}\nSYMBOL(contig_page_data)={:x}\nOFFSET(pglist_data.node_zones)=0\n"
                        "OFFSET(pglist_data.nr_zones)=1024\nSIZE(zone)=256\n",
                        image_vaddr + values + 0x800, image_vaddr + node);
        u32(node + 1024, 1);
        u64(node + 96, per_cpu);
        for (unsigned cpu = 0; cpu < 2; ++cpu)
            for (unsigned i = 0; i < 14; ++i)
                chain(cpu, i, {});
    }
    static std::uint64_t head(unsigned cpu, unsigned list) {
        return per_cpu + cpu * 0x10000 + lists + list * 16;
    }
    void link(std::uint64_t from_vaddr, std::uint64_t from_paddr, std::uint64_t to_vaddr,
              std::uint64_t to_paddr) {
        u64(from_paddr, to_vaddr);
        u64(to_paddr + 8, from_vaddr);
    }
    // Free pages in this order on one list; also counted.
    void chain(unsigned cpu, unsigned list, const std::vector<std::uint64_t>& free_pages) {
        std::uint64_t vaddr = direct_vaddr + head(cpu, list);
        std::uint64_t paddr = head(cpu, list);
        for (const std::uint64_t pfn : free_pages) {
            const unsigned order = list < 12 ? list / 3 : 9;
            for (std::uint64_t i = 0; i < std::uint64_t{1} << order; ++i)
                page(pfn + i, {.refcount = 0});
            link(vaddr, paddr, page_vaddr(pfn) + 8, page_paddr(pfn) + 8);
            vaddr = page_vaddr(pfn) + 8;
            paddr = page_paddr(pfn) + 8;
        }
        link(vaddr, paddr, direct_vaddr + head(cpu, list), head(cpu, list));
    }
    void count(unsigned cpu, std::uint32_t pages) { u32(per_cpu + cpu * 0x10000 + 4, pages); }
};

Selection select(const Machine& machine, bool per_cpu_lists = true) {
    auto kernel = Kernel::open(machine, silent);
    REQUIRE(kernel);
    auto selection = select_pages(machine, **kernel, FilterOptions{31, per_cpu_lists, true}, silent, {});
    REQUIRE(selection);
    return std::move(*selection);
}

} // namespace

TEST_CASE("free pages on per-CPU lists are dropped, whatever the form of the symbol table") {
    const auto form = GENERATE(OffsetForm::absolute_percpu, OffsetForm::unsigned_base, OffsetForm::relative);
    PerCpuMachine machine(form);
    machine.chain(0, 0, {5000, 5007, 5002});
    machine.chain(0, 4, {5010});  // order 1
    machine.chain(1, 11, {5048}); // order 3
    machine.chain(1, 13, {5120}); // a huge page
    machine.count(0, 5);
    machine.count(1, 520);
    const Selection selection = select(machine);
    CHECK(selection.counts.per_cpu_free == 3 + 2 + 8 + 512);
    CHECK(selection.counts.free == selection.counts.per_cpu_free);
    CHECK(selection.kept.count() == Machine::pfns - selection.counts.free);
    CHECK_FALSE(selection.kept.contains(5007));
    CHECK_FALSE(selection.kept.contains(5011));
    CHECK_FALSE(selection.kept.contains(5631));
    CHECK(selection.warnings.empty());
    CHECK(select(machine, false).counts.kept == Machine::pfns);
}

TEST_CASE("lists that lie are given up, and pages that are not free stay") {
    PerCpuMachine machine(OffsetForm::unsigned_base);
    machine.chain(0, 0, {5000, 5001});
    machine.count(0, 2);
    std::uint64_t dropped = 2;
    std::size_t warnings = 1;
    SECTION("a loop") {
        machine.u64(Machine::page_paddr(5001) + 8, Machine::page_vaddr(5000) + 8);
    }
    SECTION("a loop whose links agree") {
        machine.link(Machine::page_vaddr(5001) + 8, Machine::page_paddr(5001) + 8,
                     Machine::page_vaddr(5000) + 8, Machine::page_paddr(5000) + 8);
        dropped = 0; // the first link already disagrees
    }
    SECTION("an end outside memory") {
        machine.u64(Machine::page_paddr(5001) + 8, 0xffffc90000000000);
    }
    SECTION("a count of no pages but a list of two thousand") {
        std::vector<std::uint64_t> many;
        for (std::uint64_t pfn = 6000; pfn < 8000; ++pfn)
            many.push_back(pfn);
        machine.chain(0, 0, many);
        dropped = 1026; // the counter and its slack
    }
    SECTION("a page in use") {
        machine.page(5001, {.compound = Machine::direct_vaddr + PerCpuMachine::head(0, 0), .refcount = 1});
        machine.u64(Machine::page_paddr(5001) + 16, Machine::page_vaddr(5000) + 8);
        dropped = 1;
        warnings = 0;
    }
    SECTION("a CPU count beyond reason") {
        machine.u32(PerCpuMachine::values, 0xffffffff);
        dropped = 0; // and it is said that there are no lists to be found
    }
    const Selection selection = select(machine);
    CHECK(selection.counts.per_cpu_free == dropped);
    CHECK(selection.counts.kept == Machine::pfns - dropped);
    CHECK(selection.warnings.size() == warnings);
}

TEST_CASE("the order of a per-CPU list follows from how many lists there are") {
    PerCpuLayout layout;
    layout.types = 3;
    layout.huge_order = 9;
    layout.list_count = 3;
    CHECK(per_cpu_list_order(layout, 2) == 0U);
    layout.list_count = 12;
    CHECK(per_cpu_list_order(layout, 11) == 3U);
    layout.list_count = 14;
    CHECK(per_cpu_list_order(layout, 3) == 1U);
    CHECK(per_cpu_list_order(layout, 12) == 9U);
    CHECK_FALSE(per_cpu_list_order(layout, 14));
    layout.list_count = 7;
    CHECK_FALSE(per_cpu_list_order(layout, 0));
}
