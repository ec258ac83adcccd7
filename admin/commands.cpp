// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/commands.h"

#include "admin/config_command.h"

namespace kdumpkit::admin {

std::vector<Subcommand> commands() {
    return {{"config", "check, show and explain the settings", define_config}};
}

} // namespace kdumpkit::admin
