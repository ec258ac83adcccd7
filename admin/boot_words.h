// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>

namespace kdumpkit::admin {

// Pure: the words of a kernel's command line, separated by blanks outside double quotes.

// `line` without its crashkernel= words, and with `parameter` ("crashkernel=192M") as its last word; an empty
// parameter only takes away.
std::string with_crashkernel(std::string_view line, std::string_view parameter);
// The crashkernel= words of `line`, with blanks between them.
std::string crashkernel_words(std::string_view line);
// Whether the words of `parameter` ("crashkernel=192M") are among them, one after the other.
bool has_crashkernel(std::string_view line, std::string_view parameter);
// Those that a kernel looks at: of several the last, but one with ,high or ,low only when none is without.
std::string taken_crashkernel(std::string_view line);

} // namespace kdumpkit::admin
