// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/subcommand.h"

#include <vector>

namespace kdumpkit::admin {

// The subcommands of kdumpkit that this folder does.
std::vector<Subcommand> commands();

} // namespace kdumpkit::admin
