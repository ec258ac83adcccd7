// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace kdumpkit::initramfs {

// Whether the text of a known_hosts file (sshd(8)) has a key of that host which libssh2 can check: ed25519 or
// ECDSA, named exactly or hashed, no patterns and no certificate authorities. `name` is for messages. Pure.
Result<> check_known_host(std::string_view text, const std::string& host, std::uint16_t port,
                          const std::string& name);

} // namespace kdumpkit::initramfs
