// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "makedumpfile-lite/kernel/virtual_memory.h"
#include "makedumpfile-lite/kernel/vmcoreinfo.h"

#include <cstdint>
#include <optional>

namespace kdumpkit::dump {

// The sparse memory model (kernel: include/linux/mmzone.h, mm/sparse.c): physical memory in sections of
// 2^SECTION_SIZE_BITS bytes, each with an array of struct page. A value, immutable.
class MemoryMap {
  public:
    static Result<MemoryMap> open(const VmcoreInfo& info, std::uint64_t page_size,
                                  std::uint64_t struct_page_size);

    [[nodiscard]] std::uint64_t pages_per_section() const { return pages_per_section_; }
    // The virtual address of the struct page of the section's first pfn; nullopt when the section has none.
    [[nodiscard]] Result<std::optional<std::uint64_t>> section(VirtualMemory& memory,
                                                               std::uint64_t number) const;

  private:
    MemoryMap() = default;
    std::uint64_t page_size_ = 0;
    std::uint64_t struct_page_size_ = 0;
    std::uint64_t pages_per_section_ = 0;
    std::uint64_t roots_ = 0; // address of the array of roots
    std::uint64_t root_count_ = 0;
    std::uint64_t sections_per_root_ = 0;
    bool roots_are_pointers_ = true; // CONFIG_SPARSEMEM_EXTREME
    std::uint64_t entry_size_ = 0;
    std::uint64_t entry_map_ = 0;
};

} // namespace kdumpkit::dump
