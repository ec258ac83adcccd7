// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "tests/unit/makedumpfile-lite/kernel/tables.h"

#include <string>
#include <vector>

namespace kdumpkit::dump::test {

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

} // namespace kdumpkit::dump::test
