// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/bytes.h"
#include "base/error.h"
#include "base/range.h"

#include <cstdint>

namespace kdumpkit::loader {

// Where the running kernel put itself, KASLR and 5-level paging included.
struct KernelMapping {
    std::uint64_t page_offset = 0; // virtual address of physical 0 in the direct mapping
    Range text_virtual;            // _text to _end in the kernel's own mapping
    std::uint64_t text_physical = 0;

    // The CPU runs with 5-level paging (Documentation/arch/x86/x86_64/mm.rst).
    [[nodiscard]] bool five_levels() const {
        return page_offset >= 0xff10000000000000 && page_offset < 0xff90000000000000;
    }
    [[nodiscard]] Range text_memory() const { return {text_physical, text_physical + text_virtual.size()}; }
    friend bool operator==(const KernelMapping&, const KernelMapping&) = default;
};

// From the program headers of /proc/kcore (x86_64): since 4.11 (kernel commit 464920104bf7) they carry
// physical addresses. RAM headers give the direct mapping and must agree; the header in the top 2 GiB gives
// the kernel's. `absent` when there is no kcore or it lacks one of the two; `corrupt` when it contradicts
// itself.
Result<KernelMapping> parse_kcore(Bytes headers);

} // namespace kdumpkit::loader
