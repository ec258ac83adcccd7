// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "makedumpfile-lite/codec.h"

struct libdeflate_compressor;

namespace kdumpkit::dump {

// One zlib stream (RFC 1950) for each page by libdeflate, which is faster than zlib itself: at level 1 nearly
// twice, for 2 % more room. (ISA-L is faster still, but what it writes depends on the address of its state,
// and equal runs would give unequal dumps.)
class ZlibCodec final : public Codec {
  public:
    ZlibCodec(int level, std::size_t page_size);
    ZlibCodec(const ZlibCodec&) = delete;
    ZlibCodec& operator=(const ZlibCodec&) = delete;
    ~ZlibCodec() override;

    [[nodiscard]] bool ready() const { return compressor_ != nullptr; }
    [[nodiscard]] std::size_t bound() const override { return bound_; }
    [[nodiscard]] std::size_t compress(Bytes page, std::byte* out) override;
    [[nodiscard]] std::uint32_t flag() const override;
    [[nodiscard]] std::size_t memory_bytes() const override;

  private:
    int level_;
    libdeflate_compressor* compressor_;
    std::size_t bound_ = 0;
};

} // namespace kdumpkit::dump
