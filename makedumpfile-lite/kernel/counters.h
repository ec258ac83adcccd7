// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "makedumpfile-lite/kernel/facts.h"
#include "makedumpfile-lite/kernel/kallsyms.h"
#include "makedumpfile-lite/kernel/virtual_memory.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace kdumpkit::dump {

// The kernel's own page counters that the self-check uses, in pages (kernel: include/linux/mmzone.h, enum
// node_stat_item; slab is stored in pages too, whatever the _B says: mm/vmstat.c, vmstat_item_in_bytes).
enum class NodeStat : std::uint8_t {
    inactive_anon,
    active_anon,
    inactive_file,
    active_file,
    unevictable,
    isolated_anon,
    isolated_file,
    slab_reclaimable,
    slab_unreclaimable,
    anon_mapped,
    file_pages,
    shmem,
    swap_cache, // since 5.12, with CONFIG_SWAP
    count,
};
constexpr std::size_t node_stat_count = static_cast<std::size_t>(NodeStat::count);

// An array of counters in a struct, and each CPU's share of it that was not yet added up.
struct CounterArray {
    std::optional<std::uint64_t> totals;   // offset of atomic_long_t[]
    std::optional<std::uint64_t> per_cpu;  // offset of the per-CPU pointer
    std::optional<std::uint64_t> shares;   // offset in what that points to
    std::optional<std::uint64_t> elements; // of either array
};

// Where the counters are. What is absent is not known.
struct CounterLayout {
    CounterArray node;
    std::array<std::optional<std::uint64_t>, node_stat_count> node_index;
    CounterArray zone;
    std::optional<std::uint64_t> free_pages_index;
    std::optional<std::uint64_t> free_area; // in struct zone
    std::optional<std::uint64_t> free_area_size;
    std::optional<std::uint64_t> blocks; // nr_free in struct free_area
    std::uint64_t orders = 0;
    // struct hstate, one for each size of huge pages (kernel: include/linux/hugetlb.h).
    std::optional<std::uint64_t> hstate_size;
    std::optional<std::uint64_t> hstate_order;
    std::optional<std::uint64_t> hstate_pages; // nr_huge_pages: all, in use or not
};
CounterLayout resolve_counters(Facts& facts);

struct KernelCounters {
    static constexpr std::size_t max_orders = 32;
    std::uint64_t cpus = 0;                                           // possible ones; 0 when not known
    std::uint64_t zones = 0;                                          // that have pages
    bool shares_read = false;                                         // the CPUs' shares are in the sums
    std::uint64_t max_order = 0;                                      // of a free block
    std::optional<std::array<std::uint64_t, max_orders>> free_blocks; // by order
    std::optional<std::uint64_t> free_pages;
    std::optional<std::uint64_t> huge_pages; // of hugetlb, in base pages
    std::uint64_t largest_huge_page = 0;     // of those sizes that there are pages of, in base pages
    std::array<std::optional<std::uint64_t>, node_stat_count> node{};
    [[nodiscard]] std::optional<std::uint64_t> operator[](NodeStat stat) const {
        return node[static_cast<std::size_t>(stat)];
    }
};

// Adds up over nodes, zones and CPUs. What cannot be read stays absent.
KernelCounters read_counters(VirtualMemory& memory, const VmcoreInfo& info, const Symbols& symbols,
                             const CounterLayout& layout);

} // namespace kdumpkit::dump
