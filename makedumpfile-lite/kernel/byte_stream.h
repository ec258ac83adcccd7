// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "makedumpfile-lite/kernel/virtual_memory.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace kdumpkit::dump {

// Bytes of kernel memory one after the other from `vaddr`, through views of 64 KiB.
class ByteStream {
  public:
    ByteStream(VirtualMemory& memory, std::uint64_t vaddr) : memory_(memory), next_(vaddr) {}

    Result<std::uint8_t> byte() {
        if (used_ == chunk_.size()) {
            constexpr std::uint64_t step = std::uint64_t{64} << 10;
            const std::uint64_t length = step - next_ % step;
            KDK_ASSIGN(const Bytes bytes, memory_.view(next_, static_cast<std::size_t>(length)));
            chunk_.assign(bytes.begin(), bytes.end());
            next_ += length;
            used_ = 0;
        }
        return static_cast<std::uint8_t>(chunk_[used_++]);
    }

    // The next `size` bytes; valid until the next call.
    Result<Bytes> bytes(std::size_t size) {
        if (chunk_.size() - used_ >= size) {
            used_ += size;
            return Bytes(chunk_).subspan(used_ - size, size);
        }
        across_.clear();
        for (std::size_t i = 0; i < size; ++i) {
            KDK_ASSIGN(const std::uint8_t one, byte());
            across_.push_back(std::byte{one});
        }
        return Bytes(across_);
    }

  private:
    VirtualMemory& memory_;
    std::uint64_t next_;
    std::vector<std::byte> chunk_, across_;
    std::size_t used_ = 0;
};

} // namespace kdumpkit::dump
