// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "capture/chain.h"

#include <string>
#include <vector>

namespace kdumpkit::capture {

// Runs each program in turn with these arguments; one that fails, cannot be started or is killed at its
// deadline is said, and the next runs all the same.
void run_hooks(Capture& capture, const std::vector<std::string>& programs,
               const std::vector<std::string>& arguments);

} // namespace kdumpkit::capture
