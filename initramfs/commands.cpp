// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/commands.h"

namespace kdumpkit::initramfs {

std::vector<Subcommand> commands() { return {}; }

} // namespace kdumpkit::initramfs
