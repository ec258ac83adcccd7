// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "makedumpfile-lite/codec.h"

#include <array>

struct ZSTD_CCtx_s;

namespace kdumpkit::dump {

// One zstd frame for each page.
class ZstdCodec final : public Codec {
  public:
    ZstdCodec(int level, std::size_t page_size);
    ZstdCodec(const ZstdCodec&) = delete;
    ZstdCodec& operator=(const ZstdCodec&) = delete;
    ~ZstdCodec() override;

    [[nodiscard]] bool ready() const { return ready_; }
    [[nodiscard]] std::size_t bound() const override { return bound_; }
    [[nodiscard]] std::size_t compress(Bytes page, std::byte* out) override;
    [[nodiscard]] std::uint32_t flag() const override;
    [[nodiscard]] std::size_t memory_bytes() const override;

  private:
    std::array<ZSTD_CCtx_s*, 2>
        contexts_{}; // for most pages; for arrays of structures, null where that is no other
    std::size_t bound_;
    bool ready_ = false;
};

} // namespace kdumpkit::dump
