// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "initramfs/programs.h"
#include "initramfs/root.h"

#include <string>

namespace kdumpkit::initramfs {

// What the collector has to know of the kernel that will have crashed, found out while it is healthy.
struct FrozenLayout {
    std::string text; // of `makedumpfile-lite --write-layout`; empty when there is none
    std::string note; // where it comes from, or why there is none; for people
};

// Has the collector write the layout of kernel `release`: of the running one out of its BTF, of another one
// out of a vmlinux that `root` has. Never an error: without a layout the collector looks into the crashed
// memory.
FrozenLayout freeze_layout(const CapturePrograms& programs, const std::string& release, const Root& root,
                           const std::string& running_release);

} // namespace kdumpkit::initramfs
