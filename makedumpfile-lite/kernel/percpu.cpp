// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/kernel/percpu.h"

#include <algorithm>
#include <optional>
#include <vector>

namespace kdumpkit::dump {

namespace {

constexpr std::uint64_t max_cpus = 65536;
constexpr std::uint64_t max_nodes = 4096;
constexpr std::uint64_t max_zones = 16;
// pcp.count is 32 bits; real ones are below a few thousand pages even on large machines (kernel:
// mm/page_alloc.c, pcp->high).
constexpr std::uint64_t max_pages = std::uint64_t{1} << 22;
// Linux mm: PAGE_ALLOC_COSTLY_ORDER. Orders up to it have per-CPU lists since 5.14, and huge pages
// (44042b449872).
constexpr std::uint64_t costly_order = 3;

// The values of __per_cpu_offset of the possible CPUs.
std::vector<std::uint64_t> cpu_offsets(VirtualMemory& memory, const Symbols& symbols) {
    std::vector<std::uint64_t> offsets;
    const auto table = symbols.find("__per_cpu_offset");
    const auto possible = symbols.find("__cpu_possible_mask");
    const auto limit = symbols.find("nr_cpu_ids");
    if (table == symbols.end() || possible == symbols.end() || limit == symbols.end())
        return offsets;
    const auto cpus = memory.u32(limit->second);
    if (!cpus || *cpus > max_cpus)
        return offsets;
    for (std::uint64_t cpu = 0; cpu < *cpus; ++cpu) {
        const auto word = memory.u64(possible->second + cpu / 64 * 8);
        if (!word || (*word >> (cpu % 64) & 1) == 0)
            continue;
        if (const auto offset = memory.u64(table->second + cpu * 8))
            offsets.push_back(*offset);
    }
    return offsets;
}

// Addresses of struct zone. The zones that a node does not use have no pages on their lists.
std::vector<std::uint64_t> zones(VirtualMemory& memory, const VmcoreInfo& info) {
    std::vector<std::uint64_t> found;
    const auto first = info.offset("pglist_data.node_zones");
    const auto count = info.offset("pglist_data.nr_zones");
    const auto size = info.size("zone");
    if (!first || !count || !size)
        return found;
    std::vector<std::uint64_t> nodes;
    if (const auto table = info.symbol("node_data")) {
        const std::uint64_t length = std::min(info.length("node_data").value_or(0), max_nodes);
        for (std::uint64_t i = 0; i < length; ++i)
            if (const auto node = memory.u64(*table + i * 8); node && *node != 0)
                nodes.push_back(*node);
    } else if (const auto only = info.symbol("contig_page_data")) {
        nodes.push_back(*only);
    }
    for (const std::uint64_t node : nodes) {
        const auto used = memory.u32(node + *count);
        for (std::uint64_t i = 0; used && i < std::min<std::uint64_t>(*used, max_zones); ++i)
            found.push_back(node + *first + i * *size);
    }
    return found;
}

// True when the list was followed to its end.
bool walk_list(VirtualMemory& memory, std::uint64_t head, std::uint64_t lru, std::uint32_t order,
               std::uint64_t& budget, const std::function<void(const FreeBlock&)>& block) {
    std::uint64_t previous = head;
    auto link = memory.u64(head);
    while (link && *link != head) {
        const std::uint64_t pages = std::uint64_t{1} << order;
        const auto back = memory.u64(*link + 8);
        if (budget < pages || !back || *back != previous)
            return false;
        budget -= pages;
        block({*link - lru, order});
        previous = *link;
        link = memory.u64(previous);
    }
    return link.has_value();
}

} // namespace

std::optional<std::uint32_t> per_cpu_list_order(const PerCpuLayout& layout, std::uint64_t index) {
    const std::uint64_t low_orders = layout.types * (costly_order + 1);
    if (layout.list_count == layout.types)
        return 0; // up to 5.13 only single pages
    if (layout.list_count < low_orders || index >= layout.list_count)
        return std::nullopt;
    return static_cast<std::uint32_t>(index < low_orders ? index / layout.types : layout.huge_order);
}

PerCpuWalk walk_per_cpu_lists(VirtualMemory& memory, const Kernel::Data& kernel,
                              const std::function<void(const FreeBlock&)>& block) {
    PerCpuWalk walk;
    if (!kernel.layout || !kernel.layout->per_cpu)
        return walk;
    const PerCpuLayout& layout = *kernel.layout->per_cpu;
    const std::vector<std::uint64_t> offsets = cpu_offsets(memory, kernel.symbols);
    for (const std::uint64_t zone : zones(memory, kernel.info)) {
        const auto pointer = memory.u64(zone + layout.zone_pageset);
        for (const std::uint64_t offset : offsets) {
            if (!pointer)
                break;
            const std::uint64_t lists = *pointer + offset;
            const auto count = memory.u32(lists + layout.count);
            if (!count)
                continue;
            // The counter may lag behind by what was being freed; one huge page of slack.
            std::uint64_t budget = std::min<std::uint64_t>(*count, max_pages) + 1024;
            for (std::uint64_t i = 0; i < layout.list_count; ++i) {
                const auto order = per_cpu_list_order(layout, i);
                if (!order)
                    continue;
                const bool whole = walk_list(memory, lists + layout.lists + i * 16, kernel.layout->page.lru,
                                             *order, budget, block);
                ++(whole ? walk.lists : walk.damaged);
            }
        }
    }
    return walk;
}

} // namespace kdumpkit::dump
