// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace kdumpkit::loader {

// Pure: `line` with the memory that pstore has on this machine, as parameters of ramoops by address and size,
// from `parameters` (/sys/module/ramoops/parameters: name, value). The capture kernel writes the panic text
// there when no target takes anything, and the kernel after it reads it: so all three must lay that memory
// out alike. Unchanged where pstore has none.
std::string with_ramoops(std::string_view line, const std::map<std::string, std::string>& parameters);

} // namespace kdumpkit::loader
