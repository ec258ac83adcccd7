// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "base/sha256.h"

#include <cstdint>
#include <string>

namespace kdumpkit {

struct FileDigest {
    Digest sha256{};
    std::uint64_t bytes = 0;
};

// Of a file's content, which is read piece by piece: a kernel or an initramfs takes no memory of its size.
Result<FileDigest> digest_file(const std::string& path);

} // namespace kdumpkit
