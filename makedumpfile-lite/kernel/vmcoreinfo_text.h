// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "makedumpfile-lite/kernel/layout_file.h"
#include "makedumpfile-lite/kernel/types.h"

#include <string>
#include <string_view>
#include <vector>

namespace kdumpkit::dump {

// The symbols that VMCOREINFO names (Linux, Documentation/admin-guide/kdump/vmcoreinfo.rst).
const std::vector<std::string_view>& vmcoreinfo_symbols();

// VMCOREINFO as far as types and symbols tell it: what only the running kernel knows (phys_base, the offset
// of KASLR, macros such as PAGE_BUDDY_MAPCOUNT_VALUE before 6.12) is not in it. Pure.
std::string vmcoreinfo_text(const KernelIdentity& identity, const TypeSource& types, const Symbols& symbols);

} // namespace kdumpkit::dump
