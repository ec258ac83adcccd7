// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "config/settings.h"

#include <string>
#include <vector>

namespace kdumpkit::admin {

// The folders of the targets, and those that capture.last_resort allows and that exist, as the running system
// sees them.
struct LocalFolders {
    std::vector<std::string> paths;
    std::vector<std::string> unseen; // targets that are not mounted, with the reason
};
LocalFolders find_local_folders(const Settings& settings);

} // namespace kdumpkit::admin
