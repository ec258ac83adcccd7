// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/zlib_codec.h"

#include "makedumpfile-lite/format/kdump_layout.h"
#include "makedumpfile-lite/page_texture.h"

#include <libdeflate.h>

namespace kdumpkit::dump {

namespace {

constexpr int structures_level = 1;

} // namespace

ZlibCodec::ZlibCodec(int level, std::size_t page_size)
    : level_(level), compressor_(libdeflate_alloc_compressor(level)),
      structures_(level == mixed_level ? libdeflate_alloc_compressor(structures_level) : nullptr) {
    if (compressor_ != nullptr)
        bound_ = libdeflate_zlib_compress_bound(compressor_, page_size);
}

ZlibCodec::~ZlibCodec() {
    libdeflate_free_compressor(compressor_);
    libdeflate_free_compressor(structures_);
}

std::size_t ZlibCodec::compress(Bytes page, std::byte* out) {
    auto* compressor = structures_ != nullptr && holds_structures(page) ? structures_ : compressor_;
    // Room for one byte less than the page: it answers 0 as soon as that is not enough.
    return libdeflate_zlib_compress(compressor, page.data(), page.size(), out, page.size() - 1);
}

std::uint32_t ZlibCodec::flag() const {
    return format::status_zlib;
}

std::size_t ZlibCodec::memory_bytes() const {
    // Not told by libdeflate. Measured with its 1.14: 200 KiB at level 1, 656 KiB up to level 9, 9 MiB above.
    constexpr std::size_t first = std::size_t{200} << 10;
    constexpr std::size_t others = std::size_t{656} << 10;
    return level_ <= structures_level ? first : others + (structures_ != nullptr ? first : 0);
}

} // namespace kdumpkit::dump
