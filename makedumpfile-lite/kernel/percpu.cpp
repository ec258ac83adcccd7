// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/kernel/percpu.h"

#include "makedumpfile-lite/kernel/nodes.h"

#include <algorithm>
#include <optional>
#include <vector>

namespace kdumpkit::dump {

namespace {

// pcp.count is 32 bits; real ones are below a few thousand pages even on large machines (kernel:
// mm/page_alloc.c, pcp->high).
constexpr std::uint64_t max_pages = std::uint64_t{1} << 22;
// CPUs times zones, and all of their lists: beyond any machine, and a bound on what a hostile image can ask
// for.
constexpr std::uint64_t max_pairs = std::uint64_t{1} << 20;
constexpr std::uint64_t max_lists = 16 * max_pairs;
// At most one list a CPU is caught in mid-update. Where so many make no sense, no other will.
constexpr std::uint64_t max_damaged = std::uint64_t{1} << 16;
// Linux mm: PAGE_ALLOC_COSTLY_ORDER. Orders up to it have per-CPU lists since 5.14, and huge pages
// (44042b449872).
constexpr std::uint64_t costly_order = 3;

enum class End { whole, damaged, cut };

// Follows one list to its end.
End walk_list(VirtualMemory& memory, std::uint64_t head, std::uint64_t lru, std::uint32_t order,
              std::uint64_t& budget, const std::function<bool(std::uint64_t)>& left_out,
              const std::function<void(const FreeBlock&)>& block) {
    std::uint64_t previous = head;
    auto link = memory.u64(head);
    while (link && *link != head) {
        const std::uint64_t pages = std::uint64_t{1} << order;
        const auto node = memory.view(*link, 2 * sizeof(std::uint64_t)); // struct list_head: next, prev
        if (!node && left_out(*link))
            return End::cut;
        if (budget < pages || !node || ByteReader(*node).u64(8) != previous)
            return End::damaged;
        budget -= pages;
        previous = *link;
        link = ByteReader(*node).u64(0).value_or(0);
        block({previous - lru, order});
    }
    return link ? End::whole : End::damaged;
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

PerCpuWalk walk_per_cpu_lists(VirtualMemory& memory, const Kernel::Data& kernel, std::uint64_t most_pages,
                              const std::function<bool(std::uint64_t)>& left_out,
                              const std::function<void(const FreeBlock&)>& block) {
    PerCpuWalk walk;
    if (!kernel.layout || !kernel.layout->per_cpu)
        return walk;
    const PerCpuLayout& layout = *kernel.layout->per_cpu;
    const std::vector<std::uint64_t> offsets = cpu_offsets(memory, kernel.symbols);
    std::vector<std::uint64_t> zones;
    for (const std::uint64_t node : nodes(memory, kernel.info))
        for (const std::uint64_t zone : zones_of(memory, kernel.info, node))
            zones.push_back(zone);
    walk.cpus = offsets.size();
    std::uint64_t left = most_pages;
    std::uint64_t pairs = max_pairs;
    std::uint64_t lists_left = max_lists;
    for (const std::uint64_t zone : zones) {
        const auto pointer = memory.u64(zone + layout.zone_pageset);
        for (const std::uint64_t offset : offsets) {
            if (!pointer || pairs == 0 || walk.damaged >= max_damaged)
                break;
            --pairs;
            const std::uint64_t lists = *pointer + offset;
            const auto count = memory.u32(lists + layout.count);
            if (!count || static_cast<std::int32_t>(*count) < 0)
                continue;
            // The counter may lag behind by what was being freed; one huge page of slack.
            const std::uint64_t granted = std::min(std::min<std::uint64_t>(*count, max_pages) + 1024, left);
            std::uint64_t budget = granted;
            walk.counted += *count;
            bool cut = false;
            for (std::uint64_t i = 0; i < layout.list_count && lists_left != 0; ++i, --lists_left) {
                const auto order = per_cpu_list_order(layout, i);
                if (!order)
                    continue;
                const End end = walk_list(memory, lists + layout.lists + i * 16, kernel.layout->page.lru,
                                          *order, budget, left_out, block);
                ++(end == End::whole ? walk.lists : end == End::cut ? walk.cut : walk.damaged);
                cut = cut || end == End::cut;
            }
            const std::uint64_t met = granted - budget;
            walk.unseen += cut && *count > met ? *count - met : 0;
            walk.pages += met;
            left -= met;
        }
    }
    return walk;
}

} // namespace kdumpkit::dump
