// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/links.h"
#include "config/network.h"

#include <string>
#include <vector>

namespace kdumpkit::network {

// Whether an interface can be used, and how that is said. Pure.

// What it waits for; empty when it has all that it should have.
std::string what_is_missing(const Interface& interface, const Link& link, bool dhcp_done);
// "eth0 (MAC 52:54:00:12:34:56, the settings' ens3)"; `name` is the kernel's, empty when it has none yet.
std::string description(const Interface& interface, const std::string& name);
// ADDRESS/LENGTH of those that lead further than the link.
std::vector<std::string> global_addresses(const Link& link);

} // namespace kdumpkit::network
