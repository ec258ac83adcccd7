// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace kdumpkit::admin {

// The settings of another kdump on this machine, as ours.
struct RivalSettings {
    std::string path, toml;
    std::size_t keys = 0, left = 0; // how many it sets, and how many of them are not taken over
};
// `unit`: the service of that kdump. nullopt when it sets nothing.
Result<std::optional<RivalSettings>> settings_of_rival(const std::string& unit);

// The units that setup has disabled, for --undo.
std::vector<std::string> units_taken_over();
Result<> note_taken_over(const std::vector<std::string>& units);
void forget_taken_over();

} // namespace kdumpkit::admin
