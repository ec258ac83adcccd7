// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/partial_dump.h"

#include "base/range.h"
#include "makedumpfile-lite/format/kdump_layout.h"

#include <algorithm>
#include <array>
#include <bit>
#include <vector>

namespace kdumpkit::dump {

Result<bool> mark_partial_dump(format::FileDestination& dump) {
    format::DiskDumpHeader header{};
    if (!dump.read_back(0, std::as_writable_bytes(std::span(&header, 1))) ||
        !std::equal(std::begin(header.signature), std::end(header.signature),
                    std::begin(format::signature)) ||
        header.block_size < 4096 || header.block_size > 65536 || header.sub_header_blocks < 1)
        return false;
    header.status |= format::status_incomplete;
    KDK_TRY(dump.write(0, bytes_of(header)));
    const auto block = static_cast<std::uint64_t>(header.block_size);
    const std::uint64_t bitmap = (1 + static_cast<std::uint64_t>(header.sub_header_blocks)) * block;
    const std::uint64_t descriptors = bitmap + header.bitmap_blocks * block;
    // The second half counts the descriptors; what did not come has none.
    std::uint64_t pages = 0;
    std::vector<std::byte> chunk(std::size_t{64} << 10);
    for (std::uint64_t at = bitmap + header.bitmap_blocks / 2 * block;
         at < std::min(descriptors, dump.end());) {
        const std::size_t size =
            std::min<std::uint64_t>(chunk.size(), std::min(descriptors, dump.end()) - at);
        KDK_TRY(dump.read_back(at, std::span(chunk).first(size)));
        for (std::size_t i = 0; i < size; ++i)
            pages += static_cast<std::uint64_t>(std::popcount(std::to_integer<unsigned>(chunk[i])));
        at += size;
    }
    const auto needed = checked_add(descriptors, pages * sizeof(format::PageDescriptor));
    if (needed && *needed > dump.end())
        KDK_TRY(dump.write(*needed - 1, std::array{std::byte{0}}));
    return true;
}

} // namespace kdumpkit::dump
