// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "config/import.h"

#include <string>
#include <string_view>
#include <vector>

namespace kdumpkit {

// One "KEY VALUE" or KEY=VALUE of a foreign file; quotes are taken off.
struct ForeignEntry {
    unsigned line = 0; // from 1
    std::string key, value;
    std::string trouble; // why `value` is not what the other kdump makes of it, or empty
};
// In the order of the file; comments, blank lines and what is no assignment are passed over.
std::vector<ForeignEntry> foreign_entries(std::string_view text, ForeignFormat format);

} // namespace kdumpkit
