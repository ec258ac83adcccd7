// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "makedumpfile-lite/kernel/vmcoreinfo.h"
#include "makedumpfile-lite/source/image.h"

#include <cstdint>

namespace kdumpkit::dump {

// Where a virtual address lies, and how many bytes from it on, and before it, lie in one piece with it.
struct Mapping {
    std::uint64_t paddr = 0;
    std::uint64_t contiguous = 0; // at least 1
    std::uint64_t before = 0;
};

// Kernel virtual addresses to physical ones, from VMCOREINFO (phys_base, swapper_pg_dir, pgtable_l5_enabled,
// sme_mask) and the page tables in the image. A value, immutable.
class PageTable {
  public:
    // x86-64 so far; another machine is `unsupported`, a missing key `absent`.
    static Result<PageTable> open(const VmcoreInfo& info, std::uint16_t elf_machine,
                                  const std::string& image_name);

    // An address that is not mapped is `absent`; a table outside the image gives the reader's error.
    [[nodiscard]] Result<Mapping> translate(MemoryReader& memory, std::uint64_t vaddr) const;
    // As the kernel calls it: physical minus linked address of the kernel image. May wrap below 0.
    [[nodiscard]] std::uint64_t phys_base() const { return phys_base_; }

  private:
    PageTable() = default;
    std::uint64_t phys_base_ = 0;
    std::uint64_t image_size_ = 0; // bytes of address space for the kernel image
    std::uint64_t root_ = 0;       // physical
    std::uint64_t encryption_mask_ = 0;
    int levels_ = 4;
};

} // namespace kdumpkit::dump
