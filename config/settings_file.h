// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "config/settings.h"

#include <string>

namespace kdumpkit {

inline constexpr const char* default_settings_path = "/etc/kdumpkit.toml";

// The settings and the file that they came from.
struct SettingsFile {
    std::string path;
    bool exists = false; // false: the defaults apply
    std::string text;
    Settings settings;
};

// Reads the file `named` by the admin, which must exist; with an empty name `standard`, which need not
// (`standard` differs from default_settings_path for another root). At most 1 MiB.
Result<SettingsFile> read_settings_file(const std::string& named,
                                        const std::string& standard = default_settings_path);
// The same without parsing: `settings` are the defaults.
Result<SettingsFile> read_settings_text(const std::string& named,
                                        const std::string& standard = default_settings_path);

// A settings file that was not there, not even as a link.
Result<> write_new_settings(const std::string& path, std::string_view toml);

} // namespace kdumpkit
