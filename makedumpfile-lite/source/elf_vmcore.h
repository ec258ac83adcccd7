// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "makedumpfile-lite/source/content.h"
#include "makedumpfile-lite/source/image.h"

#include <memory>
#include <string>

namespace kdumpkit::dump {

// An ELF64 little-endian core as /proc/vmcore and /proc/kcore show it, as makedumpfile -E and QEMU's
// dump-guest-memory write it (ELF gABI; kernel: fs/proc/vmcore.c, fs/proc/kcore.c): PT_NOTEs, a PT_LOAD per
// range of memory. More than 65534 program headers (PN_XNUM) are understood. A file that ends early opens,
// with truncated() set and present() telling what is there; headers that contradict themselves are `corrupt`.
struct ElfOptions {
    bool use_mmap = true;
    bool live = false; // the memory of the running kernel: it changes while it is read
};
Result<std::unique_ptr<Image>> open_elf_vmcore(std::unique_ptr<Content> content,
                                               const ElfOptions& options = {});

} // namespace kdumpkit::dump
