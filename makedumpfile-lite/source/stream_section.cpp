// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/source/stream_section.h"

#include <bit>

#include <fmt/format.h>
#include <zstd.h>

namespace kdumpkit::dump {

bool has_sound_sizes(const format::StreamSection& section, std::uint64_t behind) {
    const bool pages = section.kind == format::StreamKind::pages;
    return behind == (pages ? (std::uint64_t{section.count} + 7) / 8 : 0) &&
           section.count <= format::most_frame_pages && section.unpacked <= format::most_unpacked &&
           section.packed <= ZSTD_compressBound(static_cast<std::size_t>(section.unpacked));
}

std::uint32_t zeros_before(const StreamPart& part, std::uint32_t page) {
    int zeros = 0;
    for (std::uint32_t i = 0; i < page / 8; ++i)
        zeros += std::popcount(std::to_integer<unsigned>(part.zeros[i]));
    if (page % 8 != 0)
        zeros += std::popcount(std::to_integer<unsigned>(part.zeros[page / 8]) & ((1U << (page % 8)) - 1));
    return static_cast<std::uint32_t>(zeros);
}

Result<> unpack_stream_frame(const StreamPart& part, std::vector<std::byte>& out, const std::string& name) {
    out.resize(static_cast<std::size_t>(part.section.unpacked));
    if (out.empty() && part.frame.empty())
        return {};
    const std::size_t size = ZSTD_decompress(out.data(), out.size(), part.frame.data(), part.frame.size());
    if (ZSTD_isError(size) != 0 || size != out.size())
        return fail(make_error(ErrorKind::corrupt, "unpack", name,
                               fmt::format("section {}: {}", part.section.number,
                                           ZSTD_isError(size) != 0 ? ZSTD_getErrorName(size)
                                                                   : "it is shorter than it says"))
                        .from(ErrorSide::source));
    return {};
}

} // namespace kdumpkit::dump
