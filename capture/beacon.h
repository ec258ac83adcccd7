// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "capture/chain.h"

#include <cstdint>

namespace kdumpkit::capture {

// What fence_kdump(8) of a cluster's other nodes waits for: two 32-bit numbers in the sender's byte order, in
// a UDP datagram. (fence-agents, agents/kdump/message.h.)
struct FenceMessage {
    std::uint32_t magic = 0x1B302A40;
    std::uint32_t version = 1;
};
static_assert(sizeof(FenceMessage) == 8);
inline constexpr std::uint16_t fence_port = 7410;

// Tells each node of capture.fence_kdump now and every 5 seconds, until this kernel ends.
void begin_beacon(Capture& capture);

// Where this kernel has a hardware watchdog: keeps it fed until this kernel ends. One that production armed
// would reset the machine in the middle of the dump.
void feed_hardware_watchdog(Capture& capture);

} // namespace kdumpkit::capture
