// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace kdumpkit {

// The words of a kernel's command line: at whitespace outside double quotes, as lib/cmdline.c does it; quotes
// stay.
std::vector<std::string> split_command_line(std::string_view text);

// The kernel takes '-' and '_' in a parameter's name for the same.
bool same_parameter_name(std::string_view a, std::string_view b);

} // namespace kdumpkit
