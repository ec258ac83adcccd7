// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <set>
#include <string>

namespace kdumpkit::admin {

// What this machine's dumps call it: its name, and those that the capture initramfs has: its own, which may
// have been made before DHCP gave another, and former ones.
std::set<std::string> names_of_this_machine();

} // namespace kdumpkit::admin
