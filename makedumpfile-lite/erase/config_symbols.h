// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "makedumpfile-lite/erase/erase_config.h"

#include <string_view>
#include <vector>

namespace kdumpkit::dump {

// The names that a section's commands begin with. Pure.
std::vector<std::string_view> symbols_in(const EraseSection& section);
// The kernel's symbols that `config` names without a type: variables of whose type somebody should know.
// Pure.
std::vector<std::string_view> untyped_symbols(const EraseConfig& config);

} // namespace kdumpkit::dump
