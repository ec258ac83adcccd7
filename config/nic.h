// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/links.h"
#include "config/network.h"

#include <string>
#include <vector>

namespace kdumpkit {

// The device that `interface` describes: by its permanent MAC address; where several have it (a virtual
// function beside its synthetic twin), or none is given, by its path. nullptr when there is none.
const Link* find_nic(const std::vector<Link>& links, const Interface& interface);

// "MAC 52:54:00:12:34:56" or "path pci0000:00/…": how the settings identify it.
std::string identity(const Interface& interface);
// "eth0 52:54:00:12:34:56, eth1 …": the devices that are there.
std::string devices_text(const std::vector<Link>& links);

// A line for each interface: what it is, and for a device which one of `links` it is.
std::vector<std::string> describe(const Network& network, const std::vector<Link>& links);

} // namespace kdumpkit
