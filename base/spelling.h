// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace kdumpkit {

// Letters to insert, delete or replace to get from one word to the other (Levenshtein); two swapped letters
// count 2. For "did you mean": words are short, so time and memory may grow with their lengths.
std::size_t edit_distance(std::string_view a, std::string_view b);

// The member of `known` with the smallest edit distance to `word`, "" when none is near (more than a third of
// it differs).
std::string nearest(std::string_view word, const std::vector<std::string>& known);

} // namespace kdumpkit
