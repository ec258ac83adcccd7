// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "config/network.h"
#include "initramfs/extras.h"
#include "initramfs/programs.h"

namespace kdumpkit::initramfs {

// kdump-network, and the DHCP client when an interface asks for its address. Nothing without interfaces.
Result<Extras> collect_network(const Network& network, const CapturePrograms& programs);

} // namespace kdumpkit::initramfs
