// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <string_view>

namespace kdumpkit {

// Letters to insert, delete or replace to get from one word to the other (Levenshtein); two swapped letters
// count 2. For "did you mean": words are short, so time and memory may grow with their lengths.
std::size_t edit_distance(std::string_view a, std::string_view b);

} // namespace kdumpkit
