// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "makedumpfile-lite/kernel/virtual_memory.h"
#include "makedumpfile-lite/kernel/vmcoreinfo.h"

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace kdumpkit::dump {

using Symbols = std::map<std::string, std::uint64_t, std::less<>>;

// How an entry of kallsyms_offsets becomes an address; it changed over the years (kernel:
// scripts/kallsyms.c).
enum class OffsetForm {
    absolute_percpu, // a negative entry n is base - 1 - n; others are absolute:
                     // CONFIG_KALLSYMS_ABSOLUTE_PERCPU
    unsigned_base,   // base + entry as u32
    relative,        // address of the entry + entry as s32
};
// Pure: the address that `entry` (as stored) means when it is stored at `entry_address`.
std::uint64_t kallsyms_address(OffsetForm form, std::uint32_t entry, std::uint64_t entry_address,
                               std::uint64_t base);

// Addresses of those of `wanted` that the kernel's symbol table has (kallsyms_tables.h says how it is found).
// Which offset form it is, is decided by symbols whose address VMCOREINFO gives. Without the tables:
// `absent`.
Result<Symbols> find_symbols(VirtualMemory& memory, const VmcoreInfo& info,
                             const std::vector<std::string_view>& wanted);

} // namespace kdumpkit::dump
