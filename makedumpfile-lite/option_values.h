// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace kdumpkit::dump {

// What values of options are made of. All are pure; what makes no sense is `invalid`, with the option named.

// A wrong use of the command line: `invalid`, with the next step.
Failure wrong_use(std::string object, std::string reason, std::string next = "see makedumpfile-lite --help");

Result<unsigned> number_value(std::string_view option, std::string_view value, unsigned highest,
                              unsigned lowest = 0);
Result<bool> on_or_off_value(const std::string& name, const std::string& value);
Result<std::string> file_value(const std::string& name, const std::string& value);
// Bytes: a number above 0, or one with K, M or G behind it.
Result<std::uint64_t> size_value(const std::string& name, const std::string& value);
// What stands between commas, empty words too.
std::vector<std::string> words_of(std::string_view list);

} // namespace kdumpkit::dump
