// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "makedumpfile-lite/kernel/btf.h"
#include "makedumpfile-lite/kernel/kallsyms.h"
#include "makedumpfile-lite/kernel/virtual_memory.h"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace kdumpkit::dump {

// What a loaded module brought along.
struct ModuleTables {
    Symbols symbols;        // those that were asked for
    std::optional<Btf> btf; // on top of the kernel's; absent without CONFIG_DEBUG_INFO_BTF_MODULES
};

// Finds module `name` on the kernel's list (`modules` is the address of that list_head). A module that is not
// loaded is `absent`. `kernel_btf` must outlive the result.
Result<ModuleTables> find_module(VirtualMemory& memory, const Btf& kernel_btf, std::uint64_t modules,
                                 std::string_view name, const std::vector<std::string_view>& wanted);

} // namespace kdumpkit::dump
