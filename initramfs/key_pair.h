// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"

#include <string>
#include <string_view>

namespace kdumpkit::initramfs {

// A client's certificate or its private key: the text of its file in PEM, and what messages call it.
struct PemFile {
    std::string_view text;
    const std::string& name;
};

// Whether the private key is that of the (first) certificate. Pure; messages hold nothing of the key.
Result<> check_key_pair(const PemFile& certificate, const PemFile& key);

} // namespace kdumpkit::initramfs
