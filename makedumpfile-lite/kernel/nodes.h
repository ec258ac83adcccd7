// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "makedumpfile-lite/kernel/kallsyms.h"
#include "makedumpfile-lite/kernel/virtual_memory.h"
#include "makedumpfile-lite/kernel/vmcoreinfo.h"

#include <cstdint>
#include <vector>

namespace kdumpkit::dump {

// The kernel's NUMA nodes, their zones and the possible CPUs, as addresses in its memory. All lists are
// bounded; what cannot be read or makes no sense is left out.

// The values of __per_cpu_offset of the possible CPUs: added to a per-CPU pointer. Empty when a symbol is
// missing.
std::vector<std::uint64_t> cpu_offsets(VirtualMemory& memory, const Symbols& symbols);
// struct pglist_data of each node.
std::vector<std::uint64_t> nodes(VirtualMemory& memory, const VmcoreInfo& info);
// struct zone of each zone that the node uses: the others have no pages.
std::vector<std::uint64_t> zones_of(VirtualMemory& memory, const VmcoreInfo& info, std::uint64_t node);

} // namespace kdumpkit::dump
