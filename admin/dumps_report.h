// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "config/dumps.h"
#include "config/retention.h"

#include <string>
#include <vector>

namespace kdumpkit::admin {

inline constexpr const char* spoken_time = "%Y-%m-%d %H:%M:%SZ"; // utc_text() for people

// What `kdumpkit list`, `show` and `prune` print; pure, each text ends with a newline.

std::string list_text(const std::vector<Dump>& dumps, const std::vector<std::string>& folders);
std::string list_json(const std::vector<Dump>& dumps, const std::vector<std::string>& folders);
std::string show_text(const Dump& dump);
std::string show_json(const Dump& dump);
// `done`: false for what would be removed.
std::string prune_text(const std::vector<Removal>& removals, bool done);
std::string prune_json(const std::vector<Removal>& removals, bool done);

} // namespace kdumpkit::admin
