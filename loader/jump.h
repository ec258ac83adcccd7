// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

// A kernel that the running one jumps into, and that can jump back (KEXEC_PRESERVE_CONTEXT,
// CONFIG_KEXEC_JUMP). At the jump the pages of its segments change places with what lies there, and at the
// return they change back (swap_pages in arch/x86/kernel/relocate_kernel_64.S). So it may use memory that its
// segments cover, and no other: that is all the RAM it is told of.

#include "base/error.h"
#include "base/range.h"
#include "loader/iomem.h"
#include "loader/segment.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kdumpkit::loader {

// Pure. One piece of `memory` of `size` bytes with all demands in it, and segments without content over what
// they leave of it and over `low`, the memory below 640 KiB where a kernel starts its further CPUs (may be
// empty). `absent` when there is no such piece, or it is too small for the demands.
Result<Plan> place_apart(const RangeSet& memory, const Range& low, const std::vector<Demand>& demands,
                         std::uint64_t size);
// Pure. What the running kernel is made of: its other CPUs wait in it for the return.
RangeSet running_kernel(const std::vector<IomemEntry>& iomem);

// How the new kernel learns where to return to: at the end of its command line 16 hexadecimal digits, which
// the purgatory fills in, as nobody knows the address before.
// Pure. The line with that parameter, and with one CPU unless it says how many: the others belong to the
// kernel that waits.
std::string with_return(std::string_view command_line);
// Pure. Where the digits are in such a line.
std::size_t return_digits_in(std::string_view command_line);
// Pure. Of the line of a kernel that was jumped into: where to return to; nullopt when there is no way back.
std::optional<std::uint64_t> return_address(std::string_view command_line);

// Pure. Code that runs at the physical address `at`: it jumps to `target`, in 64-bit mode, with page tables
// of its own that map `memory` and the target to themselves. Those of the kernel that is left know its own
// memory only.
struct Trampoline {
    const RangeSet& memory;
    std::uint64_t target = 0;
    bool five_levels = false;

    [[nodiscard]] std::uint64_t size() const;
    [[nodiscard]] std::vector<std::byte> at(std::uint64_t address) const;
};

} // namespace kdumpkit::loader
