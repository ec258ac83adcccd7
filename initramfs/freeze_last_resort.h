// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "config/settings.h"
#include "initramfs/freeze.h"

#include <string>
#include <vector>

namespace kdumpkit::initramfs {

// The drivers of the disks that capture.last_resort allows: with "any" those of all mounted filesystems that
// a capture kernel can write. What cannot be reached is a warning and no error: the targets come first.
struct FrozenLastResort {
    std::vector<ModuleRequest> drivers;
    std::vector<std::string> warnings;
};
FrozenLastResort freeze_last_resort(const Settings& settings, const Surroundings& around);

// The filesystems that the kernel can mount of those that may be a last resort; none if nothing is allowed.
std::vector<ModuleRequest> last_resort_filesystems(ModuleCatalog& catalog, const Settings& settings);

} // namespace kdumpkit::initramfs
