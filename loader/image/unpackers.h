// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "loader/image/decompress.h"

#include <algorithm>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

namespace kdumpkit::loader {

// What all unpackers fill: it refuses to grow beyond its limit.
class Unpacked {
  public:
    explicit Unpacked(std::size_t limit) : limit_(limit) {}

    // Room for more bytes, at most `wanted`, at least one unless the limit is passed (then empty).
    std::span<std::byte> room(std::size_t wanted) {
        // One byte more than allowed, to see that there is more.
        const std::size_t left = limit_ + 1 - used_;
        const std::size_t size = std::min(wanted, left);
        if (used_ + size > bytes_.size())
            bytes_.resize(std::min(limit_ + 1, std::max(used_ + size, bytes_.size() * 2)));
        return std::span(bytes_).subspan(used_, size);
    }
    void took(std::size_t size) { used_ += size; }
    [[nodiscard]] bool full() const { return used_ > limit_; }
    std::vector<std::byte> finish() && {
        bytes_.resize(used_);
        return std::move(bytes_);
    }

  private:
    std::vector<std::byte> bytes_;
    std::size_t used_ = 0, limit_;
};

enum class UnpackOutcome { whole, truncated, damaged, too_large_window, out_of_memory };

// Unpacks one stream at the start of `packed`, appends it to `output` until that is full, and leaves in
// `packed` what follows the stream (of lzma and legacy lz4, which have one stream only: nothing is known to
// follow). bzip2 and lzop are not supported: `damaged`.
UnpackOutcome unpack_stream(Compression compression, Bytes& packed, Unpacked& output);

} // namespace kdumpkit::loader
