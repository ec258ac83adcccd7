// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/bytes.h"
#include "base/error.h"
#include "loader/image/kernel.h"

#include <string>

namespace kdumpkit::loader {

// What an ELF file that should be a kernel is: "an ELF file of another machine (AArch64)", "a kernel module
// or object file", "an ELF core dump", "an ELF program"; empty for what may be an x86_64 vmlinux.
std::string describe_elf(Bytes file);

// An x86_64 vmlinux as the kernel's build leaves it: ELF, linked at physical addresses from which it may be
// moved by multiples of 2 MiB, since startup_64 finds out where it is (__startup_64() in arch/x86). Its
// segments are laid out as they lie in memory in `storage`. Its 64-bit entry is e_entry, startup_64, which
// takes the zero page as a bzImage's would; its PVH entry is told by its notes. `unsupported` when it has
// neither, `invalid` for other ELF files (named; a 32-bit kernel is one), `corrupt` for contradictions and
// truncation.
Result<Kernel> parse_elf_kernel(Bytes file, const std::string& name);

} // namespace kdumpkit::loader
