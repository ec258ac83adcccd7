// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kdumpkit {

// Without blanks, tabs and carriage returns at both ends.
std::string_view trimmed(std::string_view text);

// A-Z become a-z, whatever the locale.
std::string lower_case(std::string_view text);

// Of a file of /proc with lines such as "Key:   123 kB" the number of that line; nullopt when there is none.
// `key` without its colon.
std::optional<std::uint64_t> kib_of(std::string_view text, std::string_view key);

} // namespace kdumpkit
