// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "initramfs/entry.h"

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace kdumpkit::initramfs {

// How the archive is packed; each is one that a kernel may be able to unpack (CONFIG_RD_*).
enum class Packing { none, gzip, bzip2, lzma, zstd };
std::string_view to_text(Packing packing);

struct Archive {
    std::vector<std::byte> bytes; // packed
    std::uint64_t unpacked = 0;   // bytes of the cpio archive before packing
};

// A newc cpio archive (kernel: Documentation/driver-api/early-userspace/buffer-format.rst) of the entries in
// the order given; a folder must come before what lies in it. The same entries give the same bytes: inode
// numbers are positions, times and owners are 0, and packing runs in one thread.
Result<Archive> write_cpio(const std::vector<Entry>& entries, Packing packing);

} // namespace kdumpkit::initramfs
