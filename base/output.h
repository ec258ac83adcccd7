// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"

#include <string_view>

namespace kdumpkit {

// All of `text` to standard output (descriptor 1, unbuffered): what a program was asked for, as opposed to
// what it says about its work. Errors name "standard output" and carry ErrorSide::destination; `done` tells
// what has happened all the same, such as "the capture kernel is loaded".
Result<> print_result(std::string_view text, std::string_view done = {});

// Whether what is written to `fd` may have colours: it is a terminal that has them, and nobody asked for none
// by NO_COLOR (no-color.org).
bool takes_colours(int fd);

} // namespace kdumpkit
