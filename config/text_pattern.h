// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>

namespace kdumpkit {

// Regular expressions (ECMA-262, as JSON schemas have them) of the texts that the settings take. They accept
// whatever parse_settings() accepts; of what it refuses some pass, since no expression knows everything.

// Of a setting's text, or of each text of its list; empty for those whose choices are listed or that take any
// text.
std::string text_pattern(std::string_view full_name);

// A target's URL, of the schemes and their parameters.
std::string target_pattern();

// "192.0.2.1/24" or "2001:db8::1/64".
std::string address_with_length_pattern();

} // namespace kdumpkit
