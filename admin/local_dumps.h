// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "config/dumps.h"
#include "config/settings.h"

#include <string>
#include <vector>

namespace kdumpkit::admin {

// Every dump that the settings' targets have on this machine, newest first.
struct LocalDumps {
    std::vector<std::string> folders; // that were looked at
    std::vector<std::string> unseen;  // targets that could not be, with the reason
    std::vector<Dump> dumps;          // in those folders and on raw partitions
};
Result<LocalDumps> find_local_dumps(const Settings& settings);
// Those in folders that an admin named; `absent` for one that is not there.
Result<std::vector<Dump>> find_named_dumps(const std::vector<std::string>& folders);

} // namespace kdumpkit::admin
