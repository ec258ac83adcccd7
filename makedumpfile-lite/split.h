// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/range.h"
#include "makedumpfile-lite/page_set.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace kdumpkit::dump {

// The pfns of each part of a split dump: [0, limit) cut into `parts` neighbouring ranges that hold about as
// many members of `kept` each. They differ by the members of one block of `block` pfns at most, as far as
// cuts at multiples of `block` allow. A part may be empty.
std::vector<Range> split_pfns(const PageSet& kept, std::uint64_t limit, std::size_t parts,
                              std::uint64_t block);

} // namespace kdumpkit::dump
