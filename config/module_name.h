// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string_view>

namespace kdumpkit {

// As modprobe takes it: letters, digits, - and _, neither a path nor a file's name.
bool is_module_name(std::string_view text);

} // namespace kdumpkit
