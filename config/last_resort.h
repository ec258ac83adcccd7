// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "config/settings.h"

#include <string>
#include <string_view>

namespace kdumpkit {

// The folder of a filesystem that capture.last_resort allows, for what no target took.
constexpr const char* last_resort_folder = "/kdumpkit";

// Whether such a filesystem is mounted and written without anything besides: no array to assemble, no other
// node that has it mounted (as gfs2 and ocfs2 may).
bool is_last_resort_type(std::string_view type);

// Whether the settings allow the filesystem with this UUID, in either case as it is written.
bool may_be_last_resort(const Settings& settings, const std::string& uuid);

} // namespace kdumpkit
