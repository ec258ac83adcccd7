// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "makedumpfile-lite/kernel/facts.h"
#include "makedumpfile-lite/kernel/kallsyms.h"
#include "makedumpfile-lite/kernel/vmcoreinfo.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kdumpkit::dump {

// A layout file holds what the filter has to find out about one kernel besides VMCOREINFO, in VMCOREINFO's
// spelling: lines KEY=VALUE, first of all KDUMPKIT-LAYOUT=1, OSRELEASE and BUILD-ID. KEY=absent says that
// this kernel has no such thing. Symbols are as the machine had them that wrote the file; SYMBOL(_stext)
// among them tells how far the kernel has moved since (KASLR).

// Which kernel it is; empty when not known.
struct KernelIdentity {
    std::string release;
    std::string build_id; // lower-case hex
};

// The symbols that the filter needs besides those in VMCOREINFO.
const std::vector<std::string_view>& wanted_symbols();

// Those and the symbols that only a check needs and that some kernels lack: no source is opened for these
// alone.
const std::vector<std::string_view>& useful_symbols();

// Asks `facts` everything that the filter asks, and writes down the answers. `facts` should have an empty
// VMCOREINFO, so that the file does not depend on what this kernel exports.
std::string write_layout(const KernelIdentity& identity, Facts& facts);

// Why the file cannot be used with the kernel that VMCOREINFO describes; empty when it can. Pure.
std::string layout_mismatch(const VmcoreInfo& info, const VmcoreInfo& file);
// What to add to the file's symbols; nullopt when that cannot be told, and its symbols are of no use. Pure.
std::optional<std::uint64_t> layout_slide(const VmcoreInfo& info, const VmcoreInfo& file);

} // namespace kdumpkit::dump
