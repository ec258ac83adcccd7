// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "makedumpfile-lite/codec.h"

struct libdeflate_compressor;

namespace kdumpkit::dump {

// One zlib stream (RFC 1950) for each page by libdeflate, which is faster than zlib itself. Its level 2 takes
// less room than zlib's level 1, which makedumpfile uses; its level 1 takes 2 % more, but not for arrays of
// structures: there level 2 uses it, too. (ISA-L is faster still for these, but what it writes depends on the
// address of its state, and equal runs would give unequal dumps.)
class ZlibCodec final : public Codec {
  public:
    ZlibCodec(int level, std::size_t page_size);
    ZlibCodec(const ZlibCodec&) = delete;
    ZlibCodec& operator=(const ZlibCodec&) = delete;
    ~ZlibCodec() override;

    [[nodiscard]] bool ready() const {
        return compressor_ != nullptr && (structures_ != nullptr || level_ != mixed_level);
    }
    [[nodiscard]] std::size_t bound() const override { return bound_; }
    [[nodiscard]] std::size_t compress(Bytes page, std::byte* out) override;
    [[nodiscard]] std::uint32_t flag() const override;
    [[nodiscard]] std::size_t memory_bytes() const override;

  private:
    static constexpr int mixed_level = 2;

    int level_;
    libdeflate_compressor* compressor_;
    libdeflate_compressor* structures_; // null: the other one does all
    std::size_t bound_ = 0;
};

} // namespace kdumpkit::dump
