// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"

#include <cstdint>
#include <string>
#include <string_view>

#include <sys/socket.h>

namespace kdumpkit {

// "192.0.2.1", "192.0.2.1:7411", "2001:db8::1", "[2001:db8::1]:7411". Names are not looked up: the capture
// kernel must not wait for a name server.
struct SocketAddress {
    sockaddr_storage storage{};
    socklen_t length = 0;

    // "192.0.2.1" or "2001:db8::1", without the port.
    [[nodiscard]] std::string host() const;
};
Result<SocketAddress> parse_address(std::string_view text, std::uint16_t port);

} // namespace kdumpkit
