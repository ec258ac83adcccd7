// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/kernel/nodes.h"

#include <algorithm>

namespace kdumpkit::dump {

namespace {

constexpr std::uint64_t max_cpus = 65536;
constexpr std::uint64_t max_nodes = 4096;
constexpr std::uint64_t max_zones = 16;

} // namespace

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

std::vector<std::uint64_t> nodes(VirtualMemory& memory, const VmcoreInfo& info) {
    std::vector<std::uint64_t> found;
    if (const auto table = info.symbol("node_data")) {
        const std::uint64_t length = std::min(info.length("node_data").value_or(0), max_nodes);
        for (std::uint64_t i = 0; i < length; ++i)
            if (const auto node = memory.u64(*table + i * 8); node && *node != 0)
                found.push_back(*node);
    } else if (const auto only = info.symbol("contig_page_data")) {
        found.push_back(*only);
    }
    return found;
}

std::vector<std::uint64_t> zones_of(VirtualMemory& memory, const VmcoreInfo& info, std::uint64_t node) {
    std::vector<std::uint64_t> found;
    const auto first = info.offset("pglist_data.node_zones");
    const auto count = info.offset("pglist_data.nr_zones");
    const auto size = info.size("zone");
    if (!first || !count || !size)
        return found;
    const auto used = memory.u32(node + *count);
    for (std::uint64_t i = 0; used && i < std::min<std::uint64_t>(*used, max_zones); ++i)
        found.push_back(node + *first + i * *size);
    return found;
}

} // namespace kdumpkit::dump
