// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/kernel/virtual_memory.h"

#include "base/range.h"

#include <algorithm>

#include <fmt/format.h>

namespace kdumpkit::dump {

namespace {

// The memory map and the direct mapping are mapped by pages of 2 MiB at least.
constexpr int large_page_bits = 21;

} // namespace

Result<Mapping> VirtualMemory::translate(std::uint64_t vaddr) {
    Piece& piece = pieces_[(vaddr >> large_page_bits) % pieces_.size()];
    if (vaddr < piece.vaddr || vaddr - piece.vaddr >= piece.size) {
        KDK_ASSIGN(const Mapping mapping, table_.translate(*memory_, vaddr));
        piece = {vaddr - mapping.before, mapping.paddr - mapping.before, mapping.before + mapping.contiguous};
    }
    const std::uint64_t inside = vaddr - piece.vaddr;
    return Mapping{piece.paddr + inside, piece.size - inside, inside};
}

Result<Bytes> VirtualMemory::view(std::uint64_t vaddr, std::size_t size) {
    if (size == 0 || size > max_view || !checked_add(vaddr, size))
        return fail(make_error(ErrorKind::invalid, "read", fmt::format("kernel address 0x{:x}", vaddr),
                               fmt::format("a view of {} bytes", size)));
    KDK_ASSIGN(const Mapping mapping, translate(vaddr));
    if (mapping.contiguous >= size)
        return memory_->view(mapping.paddr, size);
    scratch_.resize(size);
    for (std::size_t done = 0; done < size;) {
        KDK_ASSIGN(const Mapping piece, translate(vaddr + done));
        const std::size_t length = std::min<std::uint64_t>(piece.contiguous, size - done);
        KDK_ASSIGN(const Bytes bytes, memory_->view(piece.paddr, length));
        std::copy(bytes.begin(), bytes.end(), scratch_.begin() + static_cast<std::ptrdiff_t>(done));
        done += length;
    }
    return Bytes(scratch_);
}

Result<std::uint64_t> VirtualMemory::u64(std::uint64_t vaddr) {
    KDK_ASSIGN(const Bytes bytes, view(vaddr, 8));
    return ByteReader(bytes).u64(0).value_or(0);
}

Result<std::uint32_t> VirtualMemory::u32(std::uint64_t vaddr) {
    KDK_ASSIGN(const Bytes bytes, view(vaddr, 4));
    return ByteReader(bytes).u32(0).value_or(0);
}

Result<std::vector<std::byte>> VirtualMemory::read(std::uint64_t vaddr, std::uint64_t size,
                                                   std::uint64_t limit) {
    if (size > limit)
        return fail(make_error(ErrorKind::corrupt, "read", fmt::format("kernel address 0x{:x}", vaddr),
                               fmt::format("{} bytes, more than {}", size, limit))
                        .from(ErrorSide::source));
    std::vector<std::byte> out;
    out.reserve(static_cast<std::size_t>(size));
    while (out.size() < size) {
        const auto step = static_cast<std::size_t>(std::min<std::uint64_t>(size - out.size(), max_view / 4));
        KDK_ASSIGN(const Bytes bytes, view(vaddr + out.size(), step));
        out.insert(out.end(), bytes.begin(), bytes.end());
    }
    return out;
}

} // namespace kdumpkit::dump
