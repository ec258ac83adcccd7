// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"

#include <chrono>
#include <cstdint>
#include <string>

namespace kdumpkit {

// Whether somebody takes TCP connections at HOST:PORT, a name or an address; nothing is sent. The error says
// what the last address of the host had to say.
Result<> try_to_connect(const std::string& host, std::uint16_t port, std::chrono::milliseconds deadline);

} // namespace kdumpkit
