// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/bytes.h"
#include "makedumpfile-lite/format/page_block.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace kdumpkit::dump {

// A kernel has a few pages hundreds of times over. This keeps what they are stored as, so that the third and
// later ones need not be compressed: pages whose like was met twice, of late, and of those a few. One thread.
class RepeatedPages {
  public:
    struct Stored {
        PageBlock::Page page{};
        Bytes bytes;
    };

    // Pages of `page_size` bytes: 2048 at least, and a multiple of 128.
    explicit RepeatedPages(std::size_t page_size) : page_size_(page_size) {}

    // What an equal page was stored as: bytes that are valid until the next remember(), none when it is not
    // known.
    [[nodiscard]] Stored find(Bytes page);
    // Of the page that find() was asked for last, in vain.
    void remember(Bytes page, const Stored& stored);
    // At most.
    [[nodiscard]] std::size_t memory_bytes() const { return sizeof(*this) + kept * 2 * page_size_; }

  private:
    static constexpr std::size_t kept = 8;
    static constexpr std::size_t met = 1024;

    struct Kept {
        PageBlock::Page page{};
        std::uint64_t used = 0;
        std::vector<std::byte> content; // the page and, behind it, what it was stored as
    };

    std::size_t page_size_;
    std::uint64_t key_ = 0; // of the page that find() was asked for last
    std::uint64_t clock_ = 0;
    std::array<std::uint64_t, kept> keys_{}; // of kept_; 0 is nobody
    std::array<Kept, kept> kept_;
    std::array<std::uint64_t, met> met_{}; // keys of pages that were met once
};

} // namespace kdumpkit::dump
