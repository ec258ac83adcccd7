// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/kernel/counters.h"

#include "makedumpfile-lite/kernel/nodes.h"

#include <algorithm>
#include <vector>

namespace kdumpkit::dump {

namespace {

// CPUs times zones that are looked at: beyond any machine, and a bound on what a hostile image can ask for.
constexpr std::uint64_t max_shares = std::uint64_t{1} << 20;
constexpr std::uint64_t max_elements = 512;

constexpr std::array<std::string_view, node_stat_count> node_names = {
    "NR_INACTIVE_ANON", "NR_ACTIVE_ANON",        "NR_INACTIVE_FILE",
    "NR_ACTIVE_FILE",   "NR_UNEVICTABLE",        "NR_ISOLATED_ANON",
    "NR_ISOLATED_FILE", "NR_SLAB_RECLAIMABLE_B", "NR_SLAB_UNRECLAIMABLE_B",
    "NR_ANON_MAPPED",   "NR_FILE_PAGES",         "NR_SHMEM",
    "NR_SWAPCACHE",
};

std::optional<std::uint64_t> index_of(Facts& facts, std::string_view enumeration, std::string_view name) {
    const auto value = facts.number(enumeration, name);
    return value && *value >= 0 && *value < static_cast<std::int64_t>(max_elements)
               ? std::optional(static_cast<std::uint64_t>(*value))
               : std::nullopt;
}

// Counters of one struct, added up over the CPUs.
class Sums {
  public:
    Sums(VirtualMemory& memory, const CounterArray& where, const std::vector<std::uint64_t>& cpus,
         std::uint64_t& budget)
        : memory_(memory), where_(where), cpus_(cpus), budget_(budget) {}

    // All counters of the struct at `address`; empty when they cannot be read.
    std::vector<std::int64_t> read(std::uint64_t address) {
        std::vector<std::int64_t> sums;
        if (!where_.totals || !where_.elements)
            return sums;
        const auto bytes = memory_.view(address + *where_.totals, *where_.elements * 8);
        if (!bytes)
            return sums;
        const ByteReader reader(*bytes);
        for (std::uint64_t i = 0; i < *where_.elements; ++i)
            sums.push_back(static_cast<std::int64_t>(reader.u64(i * 8).value_or(0)));
        if (!add_shares(address, sums))
            complete_ = false;
        return sums;
    }
    [[nodiscard]] bool complete() const { return complete_; }

  private:
    bool add_shares(std::uint64_t address, std::vector<std::int64_t>& sums) {
        if (!where_.per_cpu || !where_.shares || cpus_.empty())
            return false;
        const auto pointer = memory_.u64(address + *where_.per_cpu);
        if (!pointer)
            return false;
        if (*pointer == 0) // a zone without pages
            return true;
        for (const std::uint64_t offset : cpus_) {
            if (budget_ == 0)
                return false;
            --budget_;
            const auto bytes = memory_.view(*pointer + offset + *where_.shares, sums.size());
            if (!bytes)
                return false;
            for (std::size_t i = 0; i < sums.size(); ++i)
                sums[i] = static_cast<std::int64_t>(
                    static_cast<std::uint64_t>(sums[i]) +
                    static_cast<std::uint64_t>(std::int64_t{static_cast<std::int8_t>((*bytes)[i])}));
        }
        return true;
    }

    VirtualMemory& memory_;
    const CounterArray& where_;
    const std::vector<std::uint64_t>& cpus_;
    std::uint64_t& budget_;
    bool complete_ = true;
};

// No machine has as many pages; sums of so few numbers below it cannot overflow.
constexpr std::int64_t most_pages = std::int64_t{1} << 48;

// A sum that is below zero for a moment is zero.
void add(std::optional<std::uint64_t>& sum, std::int64_t value, std::int64_t& raw) {
    raw += std::clamp(value, -most_pages, most_pages);
    sum = static_cast<std::uint64_t>(std::max<std::int64_t>(raw, 0));
}

// Sizes of huge pages: the kernel has a handful (HUGE_MAX_HSTATE), and no order above 40 is any.
constexpr std::uint64_t max_hstates = 64;
constexpr std::uint64_t max_order = 40;

void read_huge_pages(VirtualMemory& memory, const Symbols& symbols, const CounterLayout& layout,
                     KernelCounters& counters) {
    const auto table = symbols.find("hstates");
    const auto used = symbols.find("hugetlb_max_hstate");
    if (table == symbols.end() || used == symbols.end() || !layout.hstate_size || !layout.hstate_order ||
        !layout.hstate_pages)
        return;
    const auto count = memory.u32(used->second);
    if (!count || *count > max_hstates)
        return;
    std::uint64_t sum = 0;
    for (std::uint64_t i = 0; i < *count; ++i) {
        const std::uint64_t state = table->second + i * *layout.hstate_size;
        const auto order = memory.u32(state + *layout.hstate_order);
        const auto pages = memory.u64(state + *layout.hstate_pages);
        if (!order || !pages || *order > max_order ||
            *pages > static_cast<std::uint64_t>(most_pages) >> *order)
            return;
        sum += *pages << *order;
        if (*pages != 0)
            counters.largest_huge_page = std::max(counters.largest_huge_page, std::uint64_t{1} << *order);
    }
    counters.huge_pages = sum;
}

} // namespace

CounterLayout resolve_counters(Facts& facts) {
    CounterLayout layout;
    const auto array = [&](CounterArray& into, std::string_view structure, std::string_view shares_in,
                           std::string_view shares) {
        into.totals = facts.offset(structure, "vm_stat");
        into.shares = facts.offset(shares_in, shares);
        // The totals' number of elements is known where their type is; the shares have as many, of one byte
        // each.
        auto elements = facts.length(shares_in, shares);
        if (elements && facts.member_size(shares_in, shares) != elements)
            into.shares.reset();
        if (!elements)
            elements = facts.length(structure, "vm_stat");
        if (elements && *elements <= max_elements)
            into.elements = elements;
    };
    array(layout.node, "pglist_data", "per_cpu_nodestat", "vm_node_stat_diff");
    layout.node.per_cpu = facts.offset("pglist_data", "per_cpu_nodestats");
    for (std::size_t i = 0; i < node_stat_count; ++i)
        layout.node_index[i] = index_of(facts, "node_stat_item", node_names[i]);
    // The zones' shares were together with the lists of free pages up to 5.13 (28f836b6777b).
    layout.zone.per_cpu = facts.offset("zone", "per_cpu_zonestats");
    if (layout.zone.per_cpu) {
        array(layout.zone, "zone", "per_cpu_zonestat", "vm_stat_diff");
    } else {
        layout.zone.per_cpu = facts.offset("zone", "pageset");
        array(layout.zone, "zone", "per_cpu_pageset", "vm_stat_diff");
    }
    layout.free_pages_index = index_of(facts, "zone_stat_item", "NR_FREE_PAGES");
    if (!layout.zone.elements && layout.free_pages_index)
        layout.zone.elements = *layout.free_pages_index + 1;
    layout.free_area = facts.offset("zone", "free_area");
    layout.free_area_size = facts.size("free_area");
    layout.blocks = facts.offset("free_area", "nr_free");
    layout.orders = facts.length("zone", "free_area").value_or(0);
    if (layout.orders > KernelCounters::max_orders || layout.free_area_size.value_or(0) > 4096 ||
        layout.blocks.value_or(0) > 4096)
        layout.free_area.reset();
    layout.hstate_size = facts.size("hstate");
    layout.hstate_order = facts.offset("hstate", "order");
    layout.hstate_pages = facts.offset("hstate", "nr_huge_pages");
    return layout;
}

KernelCounters read_counters(VirtualMemory& memory, const VmcoreInfo& info, const Symbols& symbols,
                             const CounterLayout& layout) {
    KernelCounters counters;
    const auto cpus = cpu_offsets(memory, symbols);
    counters.cpus = cpus.size();
    counters.max_order = layout.orders == 0 ? 0 : layout.orders - 1;
    std::uint64_t budget = max_shares;
    Sums node_sums(memory, layout.node, cpus, budget);
    Sums zone_sums(memory, layout.zone, cpus, budget);
    std::array<std::int64_t, node_stat_count> raw{};
    std::int64_t free_pages = 0;
    const bool blocks_known =
        layout.free_area && layout.free_area_size && layout.blocks && layout.orders != 0;
    std::array<std::uint64_t, KernelCounters::max_orders> blocks{};
    bool blocks_read = blocks_known;
    for (const std::uint64_t node : nodes(memory, info)) {
        const auto sums = node_sums.read(node);
        for (std::size_t i = 0; i < node_stat_count; ++i)
            if (layout.node_index[i] && *layout.node_index[i] < sums.size())
                add(counters.node[i], sums[*layout.node_index[i]], raw[i]);
        for (const std::uint64_t zone : zones_of(memory, info, node)) {
            ++counters.zones;
            const auto zone_stats = zone_sums.read(zone);
            if (layout.free_pages_index && *layout.free_pages_index < zone_stats.size())
                add(counters.free_pages, zone_stats[*layout.free_pages_index], free_pages);
            for (std::uint64_t order = 0; blocks_read && order < layout.orders; ++order) {
                const auto count =
                    memory.u64(zone + *layout.free_area + order * *layout.free_area_size + *layout.blocks);
                blocks_read = count.has_value();
                blocks[order] += count.value_or(0);
            }
        }
    }
    counters.shares_read = node_sums.complete() && zone_sums.complete();
    if (blocks_read && counters.zones != 0)
        counters.free_blocks = blocks;
    read_huge_pages(memory, symbols, layout, counters);
    return counters;
}

} // namespace kdumpkit::dump
