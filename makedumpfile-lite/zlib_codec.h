// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "makedumpfile-lite/codec.h"

#include <memory>

struct libdeflate_compressor;

namespace kdumpkit::dump {

// One zlib stream (RFC 1950) for each page, by libraries that are faster than zlib itself: libdeflate, and at
// levels 1 and 2 ISA-L for arrays of structures, where its match finder loses nothing and takes a third less
// time. libdeflate's level 2 takes less room than zlib's level 1, which makedumpfile uses; its level 1 takes
// 2 % more.
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
    struct Structures; // ISA-L's state
    libdeflate_compressor* compressor_;
    std::unique_ptr<Structures> structures_; // null: libdeflate does all
    std::size_t bound_ = 0;
};

} // namespace kdumpkit::dump
