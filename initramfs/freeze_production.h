// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "config/production.h"
#include "initramfs/extras.h"
#include "initramfs/freeze.h"
#include "initramfs/programs.h"

#include <optional>
#include <string>
#include <vector>

namespace kdumpkit::initramfs {

// What a capture kernel needs to start the production kernel again (capture.final_action = "kexec").
struct FrozenProduction {
    Production production;
    std::vector<ModuleRequest>
        drivers;                  // of the filesystem with its files, without the filesystem's own module
    std::vector<ExtraFile> files; // the two files, when that cannot be brought up; otherwise none
    std::string warning;          // why they are packed; empty: they are not
    std::uint64_t bytes = 0;      // of both files
};

// The image and the initrd of the running kernel, as packages name them; the initrd may be missing, then it
// is empty. `names` are those in /boot.
struct ProductionNames {
    std::string kernel, initrd;
};
// Pure. `absent` without a kernel.
Result<ProductionNames> production_names(const std::string& release, const std::vector<std::string>& names);

// Looks at the running system. An error means that the capture kernel has to reboot through the firmware
// instead, which is no reason not to have one.
Result<FrozenProduction> freeze_production(const Surroundings& around);

// kdump-kexec, and the files out of `frozen`.
Result<Extras> collect_kexec(const CapturePrograms& programs, FrozenProduction& frozen);

} // namespace kdumpkit::initramfs
