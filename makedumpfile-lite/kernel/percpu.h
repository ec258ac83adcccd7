// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/log.h"
#include "makedumpfile-lite/kernel/data.h"
#include "makedumpfile-lite/kernel/virtual_memory.h"

#include <cstdint>
#include <functional>

namespace kdumpkit::dump {

// A free block on a per-CPU list: the struct page of its first page, and how many pages it is (2^order).
struct FreeBlock {
    std::uint64_t page = 0; // virtual address
    std::uint32_t order = 0;
};

struct PerCpuWalk {
    std::uint64_t lists = 0;   // walked to their end
    std::uint64_t damaged = 0; // given up half-way: not a list, or caught in mid-update
    std::uint64_t cut = 0;     // given up at a struct page that the image was made without
    std::uint64_t unseen = 0;  // pages that are on such lists, by the counters, and were not met
    std::uint64_t counted = 0; // pages by the lists' counters
    std::uint64_t pages = 0;   // pages met on the lists
    std::uint64_t cpus = 0;
};

// Walks every zone's per-CPU lists of free pages, which makedumpfile keeps. Blocks come as the lists name
// them: the caller must check them against the memory map. A list is given up where its links contradict each
// other or it is longer than its counter allows. What the kernel's layout does not tell is not walked (lists
// == 0). All lists together are given up beyond `most_pages`. `left_out` tells of an address that cannot be
// read whether the image was made without it: a list that goes on there is cut, not damaged.
PerCpuWalk walk_per_cpu_lists(VirtualMemory& memory, const Kernel::Data& kernel, std::uint64_t most_pages,
                              const std::function<bool(std::uint64_t)>& left_out,
                              const std::function<void(const FreeBlock&)>& block);

// The order of the blocks on list `index`; nullopt when the kernel's arrangement is not known. Pure.
std::optional<std::uint32_t> per_cpu_list_order(const PerCpuLayout& layout, std::uint64_t index);

} // namespace kdumpkit::dump
