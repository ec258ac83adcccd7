// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "initramfs/programs.h"
#include "initramfs/root.h"

#include <string>
#include <vector>

namespace kdumpkit::initramfs {

// What the collector has to know of the kernel that will have crashed, found out while it is healthy.
struct FrozenLayout {
    std::string text; // of `makedumpfile-lite --write-layout`; empty when there is none
    std::string note; // where it comes from, or why there is none; for people
};

// How the collector is had to write the layout of kernel `release`: of the running one out of its BTF, of
// another one out of a vmlinux that `root` has.
struct LayoutPlan {
    std::string release;
    std::vector<std::string> argv; // empty: it cannot be done
    std::string note;              // where it will come from, or why it cannot be done
    // Of the running kernel. The same collector writes the same of a kernel with the same build id, but for
    // the addresses of this boot. Empty: not known.
    std::string build_id;
};
LayoutPlan plan_layout(const CapturePrograms& programs, const std::string& release, const Root& root,
                       const std::string& running_release);

// Never an error: without a layout the collector looks into the crashed memory.
FrozenLayout freeze_layout(const LayoutPlan& plan);

} // namespace kdumpkit::initramfs
