// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "makedumpfile-lite/kernel/btf.h"
#include "makedumpfile-lite/kernel/kallsyms.h"
#include "makedumpfile-lite/kernel/layout_file.h"

#include <string_view>
#include <vector>

namespace kdumpkit::dump {

// What the kernel that runs now says of itself.
struct RunningKernel {
    KernelIdentity identity;
    Btf btf;
    Symbols symbols; // empty when this user may not see them
};

// From /sys/kernel/btf/vmlinux, /sys/kernel/notes and /proc/kallsyms. A kernel without BTF is `absent`.
Result<RunningKernel> read_running_kernel(const std::vector<std::string_view>& wanted);

// Addresses of those of `wanted` that the text of /proc/kallsyms has; the first of each name. Zeros, which a
// user without rights sees, are left out. Pure.
Symbols parse_kallsyms(std::string_view text, const std::vector<std::string_view>& wanted);

} // namespace kdumpkit::dump
