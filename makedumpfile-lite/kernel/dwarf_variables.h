// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace kdumpkit::dump {

// Type by name of variable, in C: "struct uts_namespace", "char *", "long unsigned int".
using VariableTypes = std::map<std::string, std::string, std::less<>>;

// The types of those of `wanted` that the DWARF of the file at `path` describes, by libdw (open_dwarf() tells
// when that is `absent`). Arrays, functions and what has no name are not in the answer, nor is a name that
// variables of different types share. One pass over the units, a few seconds for a kernel.
Result<VariableTypes> dwarf_variables(const std::string& path, const std::vector<std::string_view>& wanted);

} // namespace kdumpkit::dump
