// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "makedumpfile-lite/kernel/layout.h"

#include <string>
#include <vector>

namespace kdumpkit::dump {

// What a dump level (0 to 31) asks to drop and this layout cannot tell, one sentence each, for people. Such
// pages are kept, which is safe, but must not be silent: it can make a dump a hundred times larger. Pure.
std::vector<std::string> blind_spots(const PageLayout& page, unsigned level);

} // namespace kdumpkit::dump
