// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"

#include <string>
#include <vector>

namespace kdumpkit {

// An address of another machine, and the own one from which it is reached.
struct HostAddress {
    std::string text;
    std::string own;
};

// The addresses of a name or an address that this machine's network leads to, by the C library (DNS,
// /etc/hosts). `absent` when there is none; the error has no next step when the name is not known.
Result<std::vector<HostAddress>> addresses_of(const std::string& host);

} // namespace kdumpkit
