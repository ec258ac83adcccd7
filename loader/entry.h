// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "loader/inputs.h"
#include "loader/segment.h"

#include <string>
#include <string_view>
#include <vector>

namespace kdumpkit::loader {

// How the purgatory enters the new kernel: in 64-bit mode with the zero page, or by a vmlinux's PVH entry, in
// 32-bit mode with the start info (start_info.h).
enum class Entry { long_mode, pvh };
// "64-bit", "pvh"
std::string_view to_text(Entry entry);

// The admin's choice; `automatic` is the 64-bit entry of every kernel that has one.
enum class EntryChoice { automatic, long_mode, pvh };
Result<EntryChoice> parse_entry_choice(const std::string& text);

// Pure. `returns`: the new kernel may jump back. `invalid` or `unsupported` where the choice cannot work.
Result<Entry> choose_entry(EntryChoice choice, const Inputs& inputs, const std::string& kernel_name,
                           bool returns);

// Pure. What a PVH entry permits, written into the demands: a kernel that says where it may lie lies there,
// another where it was linked; the start info in the first GiB, which is what the kernel maps before it reads
// that; everything below 4 GiB.
void bind_to_pvh(std::vector<Demand>& demands, const Kernel& kernel);
// The error of placing demands, with the other entry as a way out if that was the PVH entry's.
Error explain_place(Error error, Entry entry, const Kernel& kernel);

} // namespace kdumpkit::loader
