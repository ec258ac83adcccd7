// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/bytes.h"
#include "base/error.h"
#include "makedumpfile-lite/kernel/pagetable.h"
#include "makedumpfile-lite/source/image.h"

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace kdumpkit::dump {

// Reads kernel virtual memory for one thread; remembers some translations, as a processor's TLB does: lists
// that go all over the memory map would else walk the page table for each element.
class VirtualMemory {
  public:
    static constexpr std::size_t max_view = MemoryReader::max_view;

    VirtualMemory(const Image& image, const PageTable& table) : memory_(image.reader()), table_(table) {}

    // Valid until the next call. In place where the range is physically contiguous, else copied together.
    Result<Bytes> view(std::uint64_t vaddr, std::size_t size);
    Result<std::uint64_t> u64(std::uint64_t vaddr);
    Result<std::uint32_t> u32(std::uint64_t vaddr);
    // A copy, of any size up to `limit` bytes.
    Result<std::vector<std::byte>> read(std::uint64_t vaddr, std::uint64_t size, std::uint64_t limit);

    // Where an address lies, and how many bytes from there on lie in one piece.
    Result<Mapping> translate(std::uint64_t vaddr);

  private:
    std::unique_ptr<MemoryReader> memory_;
    const PageTable& table_;
    struct Piece {
        std::uint64_t vaddr = 0, paddr = 0, size = 0;
    };
    std::array<Piece, 128> pieces_{};
    std::vector<std::byte> scratch_;
};

} // namespace kdumpkit::dump
