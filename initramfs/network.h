// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "config/network.h"
#include "initramfs/load_order.h"
#include "initramfs/network_snapshot.h"

#include <string>
#include <vector>

namespace kdumpkit::initramfs {

// The interfaces that the ways lead through, with all that they stand on, as the capture kernel has to make
// them: addresses, the routes that lead to the ways' ends, and the default ones. Pure. An interface of a kind
// that the capture kernel cannot make (a tunnel, wireless) is `unsupported`; a way back to this machine is
// `invalid`. Each is sorted behind what it stands on.
Result<std::vector<Interface>> interfaces_of(const NetworkSnapshot& snapshot, const std::vector<Way>& ways,
                                             NetworkMethod method);

// Modules that interfaces need besides the drivers of their devices.
std::vector<ModuleRequest> interface_modules(const std::vector<Interface>& interfaces);

// Whether `to` of a route ("default", or a network) holds the address.
bool covers(const std::string& network, const std::string& address);

} // namespace kdumpkit::initramfs
