// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "loader/bootparams.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace kdumpkit::loader {

inline constexpr std::uint64_t four_gibibytes = std::uint64_t{4} << 30;
// x86_64 Linux reads what the start info points to through the page tables that it begins with, which map the
// first GiB (level2_ident_pgt in arch/x86/kernel/head_64.S; pvh_level2_ident_pgt, where there is one, in
// arch/x86/platform/pvh/head.S).
inline constexpr std::uint64_t start_info_end = std::uint64_t{1} << 30;
// The kernel copies the memory map into its zero page without looking whether it fits
// (init_pvh_bootparams() in arch/x86/platform/pvh/enlighten.c).
inline constexpr std::size_t most_start_info_ranges = 128;

// Pure. What a PVH entry is told instead of the zero page: hvm_start_info, version 1, of Xen's
// include/public/arch-x86/hvm/start_info.h, followed by the module that is the initrd, the memory map
// and the command line, all in one segment. No EFI, no screen, no device tree: it has no place for them.
// `unsupported` when it does not fit into `room`, into the first GiB, or has too many ranges; or when the
// initrd ends above 4 GiB.
Result<std::vector<std::byte>> build_start_info(const BootParamsWish& wish);

} // namespace kdumpkit::loader
