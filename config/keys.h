// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "config/settings.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace kdumpkit {

using SettingValue =
    std::variant<std::string, std::int64_t, std::vector<std::string>, std::vector<Interface>>;
// As it is written in the settings file: quoted, a number, a list.
std::string to_toml(const SettingValue& value);

// One key of the settings file, for `kdumpkit config` and docs/settings.md (a test compares).
struct SettingKey {
    std::string_view section; // "dump"; empty for a key at the top
    std::string_view name;    // "level"
    std::string_view allowed; // which values, in words
    std::string_view meaning; // one sentence
    SettingValue (*value)(const Settings&);

    // "dump.level"
    [[nodiscard]] std::string full_name() const;
};
// Every key, those of a section together, in the order in which they are written out.
std::span<const SettingKey> setting_keys();
std::vector<std::string> setting_names();

// The key with that full name, or all of the section with that name. `invalid` for another name, with the one
// that was probably meant.
Result<std::vector<const SettingKey*>> find_settings(std::string_view name);

// Where a file sets a key: the first character of its value, both counted from 1.
struct SettingPlace {
    std::uint32_t line = 0, column = 0;
};
// nullopt when `toml` does not set it, or is no TOML.
std::optional<SettingPlace> place_of(const SettingKey& key, std::string_view toml);

} // namespace kdumpkit
