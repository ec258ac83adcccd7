// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "config/settings.h"

#include <string>
#include <vector>

namespace kdumpkit::admin {

// The folders of the targets, and those that capture.last_resort allows and that exist, as the running system
// sees them.
struct UnseenTarget {
    std::string url, reason;
};
struct LocalFolders {
    std::vector<std::string> paths;
    std::vector<UnseenTarget> unseen; // those that are not mounted
};
LocalFolders find_local_folders(const Settings& settings);

} // namespace kdumpkit::admin
