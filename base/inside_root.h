// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"

#include <string>

namespace kdumpkit {

// Where `path`, an absolute one of the system below the folder `root`, is on this one: links are followed as
// they are followed in that system, and none leads out of the folder. `path` itself when `root` is empty.
// What does not exist is no error.
Result<std::string> inside_root(const std::string& root, const std::string& path);

} // namespace kdumpkit
