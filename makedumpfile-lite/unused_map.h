// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/range.h"
#include "makedumpfile-lite/kernel/virtual_memory.h"
#include "makedumpfile-lite/page_set.h"

#include <cstdint>
#include <vector>

namespace kdumpkit::dump {

// The struct pages of one section of memory.
struct MapSection {
    Range addresses; // virtual
    std::uint64_t first_pfn = 0;
};

// The pages of memory that hold nothing but struct pages of pages that are not in `kept`, because they are
// dropped or because the image lacks them. A page that several virtual pages of the memory map share (hugetlb
// maps the struct pages of its tails to one page: Linux 5.14, CONFIG_HUGETLB_PAGE_OPTIMIZE_VMEMMAP) is in the
// answer only when that holds for each of them. What cannot be translated, and what a section has but in
// part, is not. The answer has the limit of `kept`.
PageSet find_unused_map(VirtualMemory& memory, const std::vector<MapSection>& sections,
                        std::uint64_t struct_page_size, std::uint64_t page_size, const PageSet& kept);

} // namespace kdumpkit::dump
