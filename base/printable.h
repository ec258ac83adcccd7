// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>

namespace kdumpkit {

// For a terminal, of text that others chose (a panic's line, a name in a dump): control characters, line
// breaks among them, and what is no UTF-8 become \xNN, so that it neither drives the terminal nor looks like
// lines of ours.
std::string printable(std::string_view text);

// The same of text with lines of its own: line breaks and tabs stay.
std::string printable_lines(std::string_view text);

// RFC 3629.
bool is_utf8(std::string_view text);

} // namespace kdumpkit
