// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <netdb.h>

namespace kdumpkit {

using AddressList = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;
// The addresses of a name or an address, for TCP, by the C library (DNS, /etc/hosts). `absent` for one that
// is not known; the error has no next step.
Result<AddressList> look_up(const std::string& host, std::uint16_t port);
// Of one of them, in digits; empty for a family that is not the internet's.
std::string address_text(const addrinfo& address);

// An address of another machine, and the own one from which it is reached.
struct HostAddress {
    std::string text;
    std::string own;
};

// Those of look_up() that this machine's network leads to. `absent` when there is none.
Result<std::vector<HostAddress>> addresses_of(const std::string& host);

} // namespace kdumpkit
