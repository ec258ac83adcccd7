// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/bytes.h"
#include "base/error.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace kdumpkit::initramfs {

// Bytes that whoever unpacks has to hold besides the packed and the unpacked. The kernel allocates them when
// memory is at its scarcest: the packed initramfs is still there, and so is all of its own initialization.
// Levels above 16 would take 8 MiB; an initramfs packed with this window is only a fifteenth larger.
inline constexpr std::uint64_t zstd_window = std::uint64_t{256} << 10;

// One zstd frame (RFC 8878) of `content`; the same bytes for the same content and the same libzstd.
Result<std::vector<std::byte>> zstd_frame(Bytes content);

} // namespace kdumpkit::initramfs
