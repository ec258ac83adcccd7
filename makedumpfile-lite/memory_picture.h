// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "makedumpfile-lite/page_set.h"

#include <cstdint>
#include <string>

namespace kdumpkit::dump {

// Memory as a picture of text: rows of 64 cells, an address in front of each. A cell shows how much of its
// memory is in `saved`: nothing (but memory is there), little, half, most, all; blank where `memory` has
// nothing. At most `rows` rows; runs of empty rows become one line "...". With `shades` the cells are block
// characters (UTF-8), otherwise ASCII. Pure.
std::string memory_picture(const PageSet& memory, const PageSet& saved, std::uint64_t page_size,
                           std::uint64_t rows, bool shades);

} // namespace kdumpkit::dump
