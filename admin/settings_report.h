// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "config/keys.h"
#include "config/settings_file.h"

#include <string>
#include <vector>

namespace kdumpkit::admin {

// What `kdumpkit config` prints; all pure, each text ends with a newline.

// One line: where the settings come from and how many keys are set there.
std::string check_text(const SettingsFile& file);
// {"path", "exists", "valid", "keys_set", "error"}; `error` is null for a valid file.
std::string check_json(const SettingsFile& file, const Error* error);
// The settings as a file of their own, each key with the line that sets it or "default".
std::string show_text(const SettingsFile& file);
std::string show_json(const SettingsFile& file);
// What a key means, what it may be, what it is and where that comes from.
std::string explain_text(const SettingsFile& file, const std::vector<const SettingKey*>& keys);
std::string explain_json(const SettingsFile& file, const std::vector<const SettingKey*>& keys);

} // namespace kdumpkit::admin
