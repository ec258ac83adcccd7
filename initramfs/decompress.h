// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"

#include <cstddef>
#include <string>
#include <vector>

namespace kdumpkit::initramfs {

// A file unpacked by libarchive when it begins like gzip, xz, zstd, bzip2 or lzma, otherwise as it is; at
// most `limit` bytes, more is `unsupported`. Bytes that do not unpack are `corrupt`.
Result<std::vector<std::byte>> read_unpacked(const std::string& path,
                                             std::size_t limit = std::size_t{256} << 20);

} // namespace kdumpkit::initramfs
