// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/bytes.h"
#include "base/error.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kdumpkit::loader {

// How a kernel file may be packed as a whole. lz4 is the frame format; lz4_legacy is what the kernel's own
// build and `lz4 -l` write.
enum class Compression { gzip, xz, lzma, zstd, lz4, lz4_legacy, bzip2, lzop };
// "gzip", "lz4", ...
std::string_view to_text(Compression compression);

// By the first bytes; nullopt for what is not packed by any of them.
std::optional<Compression> probe_compression(Bytes file);

// Bytes that a packed kernel may unpack to, and that the unpackers may use as their window.
inline constexpr std::size_t largest_unpacked = std::size_t{1} << 30;
inline constexpr std::size_t largest_window = std::size_t{128} << 20;

// Pure. All of `packed` unpacked, of several streams too; bytes after its end are passed over (the kernel's
// build appends the length). `corrupt` for damage, and for truncation, which is told apart; `unsupported` for
// more than `limit` bytes, for a window above largest_window, and for bzip2 and lzop, which no distribution's
// kernel file comes in.
Result<std::vector<std::byte>> decompress(Compression compression, Bytes packed, const std::string& name,
                                          std::size_t limit = largest_unpacked);

} // namespace kdumpkit::loader
