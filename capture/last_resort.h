// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "capture/system.h"
#include "config/settings.h"

#include <string>
#include <vector>

namespace kdumpkit::capture {

// A disk and the filesystem on it.
struct FoundFilesystem {
    std::string disk;
    Filesystem filesystem;
};
std::vector<FoundFilesystem> find_filesystems(System& system);

// Pure: the targets that are left when none of the settings' own took anything, as far as capture.last_resort
// allows: of the filesystems that were found and are no target already, those that a capture kernel can
// write.
std::vector<Target> last_resorts(const Settings& settings, const std::vector<FoundFilesystem>& found);

} // namespace kdumpkit::capture
