// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"

#include <string>
#include <string_view>

namespace kdumpkit::initramfs {

// Whether the capture kernel, where nobody can type a passphrase, can use a private key. Pure; `name` is for
// messages, which hold nothing of the key.

// Of a user of SSH: libssh2 signs with ed25519 and ECDSA; with RSA only by SHA-1, which servers refuse since
// OpenSSH 8.8.
Result<> check_ssh_key(std::string_view text, const std::string& name);
// Of a client's certificate.
Result<> check_tls_key(std::string_view text, const std::string& name);

} // namespace kdumpkit::initramfs
