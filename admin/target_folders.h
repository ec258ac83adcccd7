// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "config/settings.h"

#include <string>
#include <vector>

namespace kdumpkit::admin {

// Makes the folders of the running system that dumps go to, readable by root: a dump holds secrets.
Result<> make_target_folders(const Settings& settings);

// The targets' URLs as they can be looked at before make_target_folders(): a folder that is not there yet is
// replaced by the nearest one above it that is, which lies on the same filesystem.
std::vector<std::string> visible_targets(const Settings& settings);

} // namespace kdumpkit::admin
