// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "config/settings.h"
#include "initramfs/freeze.h"
#include "initramfs/load_order.h"

#include <string>
#include <vector>

namespace kdumpkit::initramfs {

// The network that leads to the remote targets and to a cluster's nodes, and the modules that it needs.
struct FrozenNetwork {
    Network network;
    std::vector<ModuleRequest> modules;
    std::vector<std::string> warnings;
};

// Completes [network] of the settings for the remote targets: interfaces that are described there stay as
// they are; otherwise those of the running system that lead to the targets' hosts are frozen. Names are
// resolved and kept, as are the DNS servers. Without a remote target it is empty.
Result<FrozenNetwork> freeze_network(const Settings& settings, const Surroundings& around);

// For a system without a DHCP client: the addresses that it has now. `absent` where there are none, or
// network.method asks for DHCP.
Result<> do_without_dhcp(FrozenNetwork& frozen);

// The host that a remote target's connection goes to.
std::string host_of(const Target& target);

} // namespace kdumpkit::initramfs
