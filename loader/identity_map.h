// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace kdumpkit::loader {

// Bytes that build_identity_map() makes.
std::uint64_t identity_map_size(bool five_levels);

// Pure. Page tables, to lie at `address`, that map the first 4 GiB to themselves, in pages of 2 MiB; the
// first page is the top one. The running kernel maps only what it loads and its own memory (init_pgtable() in
// arch/x86/kernel/machine_kexec_64.c); with these the purgatory reaches what the new kernel needs besides.
std::vector<std::byte> build_identity_map(std::uint64_t address, bool five_levels);

} // namespace kdumpkit::loader
