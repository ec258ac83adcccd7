// SPDX-License-Identifier: GPL-2.0-or-later
#include "loader/commands.h"

namespace kdumpkit::loader {

std::vector<Subcommand> commands() { return {}; }

} // namespace kdumpkit::loader
