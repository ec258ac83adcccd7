// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

namespace kdumpkit {

// The settings file as a JSON schema (draft 2020-12) for editors, made of setting_keys(): their types are
// those of their defaults; "A to B" and "a, b, c" in SettingKey::allowed become bounds and choices, texts
// have text_pattern(). It takes whatever parse_settings() takes, and refuses nearly all that it refuses.
std::string settings_schema();

} // namespace kdumpkit
