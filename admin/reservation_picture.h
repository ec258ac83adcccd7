// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "loader/iomem.h"

#include <string>
#include <vector>

namespace kdumpkit::admin {

// Where the reservation lies among the machine's memory: one line of `width` cells from address 0 to the end
// of RAM, then a line for each range of it. Pure; ends with a newline.
std::string reservation_picture(const std::vector<loader::IomemEntry>& iomem, unsigned width = 64);

} // namespace kdumpkit::admin
