// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/bytes.h"
#include "loader/image/decompress.h"

#include <cstring>
#include <vector>

#include <lz4.h>
#include <lz4frame.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

namespace kdumpkit::loader::fixtures {

// `content` as the libraries' own packers pack it; lz4_legacy in blocks as the kernel's build does.
inline std::vector<std::byte> packed(Compression compression, Bytes content) {
    std::vector<std::byte> out(content.size() + content.size() / 4 + (1 << 16));
    auto* to = reinterpret_cast<unsigned char*>(out.data());
    const auto* from = reinterpret_cast<const unsigned char*>(content.data());
    std::size_t used = 0;
    switch (compression) {
    case Compression::gzip: {
        z_stream stream{};
        deflateInit2(&stream, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
        stream.next_in = const_cast<unsigned char*>(from);
        stream.avail_in = static_cast<uInt>(content.size());
        stream.next_out = to;
        stream.avail_out = static_cast<uInt>(out.size());
        deflate(&stream, Z_FINISH);
        used = stream.total_out;
        deflateEnd(&stream);
        break;
    }
    case Compression::xz:
        if (lzma_easy_buffer_encode(6, LZMA_CHECK_CRC32, nullptr, from, content.size(), to, &used,
                                    out.size()) != LZMA_OK)
            used = 0;
        break;
    case Compression::lzma: {
        lzma_options_lzma options;
        lzma_lzma_preset(&options, 6);
        lzma_stream stream = LZMA_STREAM_INIT;
        if (lzma_alone_encoder(&stream, &options) != LZMA_OK)
            break;
        stream.next_in = from;
        stream.avail_in = content.size();
        stream.next_out = to;
        stream.avail_out = out.size();
        while (lzma_code(&stream, LZMA_FINISH) == LZMA_OK) {
        }
        used = stream.total_out;
        lzma_end(&stream);
        break;
    }
    case Compression::zstd:
        used = ZSTD_compress(to, out.size(), from, content.size(), 3);
        break;
    case Compression::lz4:
        used = LZ4F_compressFrame(to, out.size(), from, content.size(), nullptr);
        break;
    case Compression::lz4_legacy: {
        std::memcpy(to, "\x02\x21\x4c\x18", 4);
        used = 4;
        for (std::size_t at = 0; at < content.size(); at += 8 << 20) {
            const int size = static_cast<int>(std::min<std::size_t>(content.size() - at, 8 << 20));
            const auto got = static_cast<std::uint32_t>(LZ4_compress_default(
                reinterpret_cast<const char*>(from + at), reinterpret_cast<char*>(to + used + 4), size,
                static_cast<int>(out.size() - used - 4)));
            std::memcpy(to + used, &got, 4);
            used += 4 + got;
        }
        break;
    }
    case Compression::bzip2:
    case Compression::lzop:
        break;
    }
    out.resize(used);
    return out;
}

} // namespace kdumpkit::loader::fixtures
