// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/zlib_codec.h"

#include "makedumpfile-lite/format/kdump_layout.h"
#include "makedumpfile-lite/page_texture.h"

#include <array>

#include <isa-l/igzip_lib.h>
#include <libdeflate.h>

namespace kdumpkit::dump {

namespace {

constexpr int last_quick_level = 2;
constexpr std::uint32_t isal_level = 1;

} // namespace

struct ZlibCodec::Structures {
    isal_zstream stream;
    std::array<std::uint8_t, ISAL_DEF_LVL1_DEFAULT> buffer;

    // 0 when the page does not fit into less than its own size.
    std::size_t compress(Bytes page, std::byte* out) {
        isal_deflate_stateless_init(&stream);
        stream.level = isal_level;
        stream.level_buf = buffer.data();
        stream.level_buf_size = static_cast<std::uint32_t>(buffer.size());
        stream.gzip_flag = IGZIP_ZLIB;
        stream.end_of_stream = 1;
        stream.flush = NO_FLUSH;
        // It reads only.
        stream.next_in = const_cast<std::uint8_t*>(reinterpret_cast<const std::uint8_t*>(page.data()));
        stream.avail_in = static_cast<std::uint32_t>(page.size());
        stream.next_out = reinterpret_cast<std::uint8_t*>(out);
        stream.avail_out = static_cast<std::uint32_t>(page.size() - 1);
        return isal_deflate_stateless(&stream) == COMP_OK ? stream.total_out : 0;
    }
};

ZlibCodec::ZlibCodec(int level, std::size_t page_size)
    : compressor_(libdeflate_alloc_compressor(level)),
      structures_(level <= last_quick_level ? std::make_unique<Structures>() : nullptr) {
    if (compressor_ != nullptr)
        bound_ = libdeflate_zlib_compress_bound(compressor_, page_size);
}

ZlibCodec::~ZlibCodec() {
    libdeflate_free_compressor(compressor_);
}

std::size_t ZlibCodec::compress(Bytes page, std::byte* out) {
    if (structures_ && holds_structures(page))
        return structures_->compress(page, out);
    // Room for one byte less than the page: it answers 0 as soon as that is not enough.
    return libdeflate_zlib_compress(compressor_, page.data(), page.size(), out, page.size() - 1);
}

std::uint32_t ZlibCodec::flag() const {
    return format::status_zlib;
}

std::size_t ZlibCodec::memory_bytes() const {
    // Not told by libdeflate; its structures take 100 to 1,200 KiB by level (lib/deflate_compress.c, 1.14).
    return (std::size_t{1200} << 10) + (structures_ ? sizeof(Structures) : 0);
}

} // namespace kdumpkit::dump
