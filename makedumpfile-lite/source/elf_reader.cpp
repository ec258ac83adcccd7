// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/source/elf_reader.h"

#include <algorithm>

#include <fmt/format.h>

namespace kdumpkit::dump {

Result<Bytes> ElfReader::view(std::uint64_t paddr, std::size_t size) {
    if (size == 0 || size > max_view)
        return fail(at(paddr, ErrorKind::invalid, fmt::format("a view of {} bytes", size)));
    const auto end = checked_add(paddr, size);
    if (!end)
        return fail(at(paddr, ErrorKind::absent, "the image does not hold this memory"));
    const Extent* extent = last_;
    if (extent == nullptr || paddr < extent->begin || paddr >= extent->end)
        last_ = extent = map_.at_or_after(paddr);
    if (extent != nullptr && extent->begin <= paddr && *end <= extent->end)
        return piece(*extent, paddr, size);
    if (!memory_.contains(Range{paddr, *end}))
        return fail(at(paddr, ErrorKind::absent, "the image does not hold this memory"));
    return assembled(paddr, *end);
}

std::optional<Range> ElfReader::stored_at(std::uint64_t paddr) {
    const Extent* extent = map_.at_or_after(paddr);
    if (extent == nullptr || paddr < extent->begin)
        return std::nullopt;
    const std::uint64_t offset = extent->offset + (paddr - extent->begin);
    return Range{offset, offset + std::min<std::uint64_t>(extent->end - paddr, 4096)};
}

Error ElfReader::at(std::uint64_t paddr, ErrorKind kind, std::string reason) const {
    return make_error(kind, fmt::format("read physical memory 0x{:x} of", paddr), file_.name(),
                      std::move(reason))
        .from(ErrorSide::source);
}

// Within one extent: straight from the window.
Result<Bytes> ElfReader::piece(const Extent& extent, std::uint64_t paddr, std::size_t size) {
    const std::uint64_t offset = extent.offset + (paddr - extent.begin);
    if (offset > file_.size() || file_.size() - offset < size)
        return fail(at(paddr, ErrorKind::corrupt,
                       fmt::format("the file is truncated: it ends at {} bytes", file_.size()))
                        .at(offset));
    auto bytes = window_.view(offset, size);
    if (!bytes)
        return fail(std::move(bytes.error()).from(ErrorSide::source));
    return bytes;
}

// Across extents, or over the end of one inside a page: copied together, zero where nothing is.
Result<Bytes> ElfReader::assembled(std::uint64_t paddr, std::uint64_t end) {
    scratch_.assign(static_cast<std::size_t>(end - paddr), std::byte{0});
    for (std::uint64_t address = paddr; address < end;) {
        const Extent* extent = map_.at_or_after(address);
        if (extent == nullptr || extent->begin >= end)
            break;
        const std::uint64_t from = std::max(address, extent->begin);
        const std::uint64_t to = std::min(end, extent->end);
        KDK_ASSIGN(const Bytes bytes, piece(*extent, from, static_cast<std::size_t>(to - from)));
        std::copy(bytes.begin(), bytes.end(), scratch_.begin() + static_cast<std::ptrdiff_t>(from - paddr));
        address = to;
    }
    return Bytes(scratch_);
}

} // namespace kdumpkit::dump
