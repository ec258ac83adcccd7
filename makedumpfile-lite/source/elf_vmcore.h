// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "makedumpfile-lite/source/image.h"

#include <memory>
#include <string>

namespace kdumpkit::dump {

// An ELF64 little-endian core as /proc/vmcore shows it (ELF gABI; kernel: fs/proc/vmcore.c): one PT_NOTE with
// all notes, a PT_LOAD per range of memory. More than 65534 program headers (PN_XNUM) are understood. A file
// that ends early opens, with truncated() set; headers that contradict themselves are `corrupt`.
struct ElfOptions {
    bool use_mmap = true;
};
Result<std::unique_ptr<Image>> open_elf_vmcore(const std::string& path, const ElfOptions& options = {});

} // namespace kdumpkit::dump
