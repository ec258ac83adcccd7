// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "config/settings.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kdumpkit::admin {

// Pure: where `folder`, counted from the root of a filesystem, is seen in the running system, by a mountinfo
// text (proc(5)). The filesystem is known by its device, as MAJOR:MINOR or by name (btrfs has a number of its
// own). nullopt when that part of it is not mounted.
std::optional<std::string> mounted_path(std::string_view mountinfo, std::string_view device_number,
                                        std::string_view device, std::string_view folder);

// The targets' folders as the running system sees them.
struct LocalFolders {
    std::vector<std::string> paths;
    std::vector<std::string> unseen; // targets that are not mounted, with the reason
};
LocalFolders find_local_folders(const Settings& settings);

} // namespace kdumpkit::admin
