// SPDX-License-Identifier: GPL-2.0-or-later
#include "loader/image/unpackers.h"

#include <cstdint>
#include <memory>

#include <lz4.h>
#include <lz4frame.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

namespace kdumpkit::loader {

namespace {

using Outcome = UnpackOutcome;

constexpr std::size_t block_size = std::size_t{256} << 10;

Outcome inflate_gzip(Bytes& packed, Unpacked& output) {
    z_stream stream{};
    if (inflateInit2(&stream, 16 + MAX_WBITS) != Z_OK)
        return Outcome::out_of_memory;
    const std::unique_ptr<z_stream, int (*)(z_stream*)> owner(&stream,
                                                              [](z_stream* s) { return inflateEnd(s); });
    while (!output.full()) {
        const std::size_t give = std::min<std::size_t>(packed.size(), 1U << 30);
        const auto room = output.room(block_size);
        stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(packed.data()));
        stream.avail_in = static_cast<uInt>(give);
        stream.next_out = reinterpret_cast<Bytef*>(room.data());
        stream.avail_out = static_cast<uInt>(room.size());
        const int status = inflate(&stream, Z_NO_FLUSH);
        packed = packed.subspan(give - stream.avail_in);
        output.took(room.size() - stream.avail_out);
        if (status == Z_STREAM_END)
            return Outcome::whole;
        if (status == Z_BUF_ERROR || (status == Z_OK && packed.empty() && stream.avail_out != 0))
            return Outcome::truncated;
        if (status != Z_OK)
            return status == Z_MEM_ERROR ? Outcome::out_of_memory : Outcome::damaged;
    }
    return Outcome::whole;
}

Outcome decode_lzma(Bytes& packed, Unpacked& output) {
    lzma_stream stream = LZMA_STREAM_INIT;
    const std::unique_ptr<lzma_stream, void (*)(lzma_stream*)> owner(&stream, lzma_end);
    if (lzma_auto_decoder(&stream, largest_window, 0) != LZMA_OK)
        return Outcome::out_of_memory;
    stream.next_in = reinterpret_cast<const std::uint8_t*>(packed.data());
    stream.avail_in = packed.size();
    while (!output.full()) {
        const auto room = output.room(block_size);
        stream.next_out = reinterpret_cast<std::uint8_t*>(room.data());
        stream.avail_out = room.size();
        const lzma_ret status = lzma_code(&stream, LZMA_RUN);
        output.took(room.size() - stream.avail_out);
        packed = packed.last(stream.avail_in);
        if (status == LZMA_STREAM_END)
            return Outcome::whole;
        if (status == LZMA_MEMLIMIT_ERROR)
            return Outcome::too_large_window;
        if (status == LZMA_BUF_ERROR || (status == LZMA_OK && stream.avail_in == 0 && stream.avail_out != 0))
            return Outcome::truncated;
        if (status != LZMA_OK)
            return status == LZMA_MEM_ERROR ? Outcome::out_of_memory : Outcome::damaged;
    }
    return Outcome::whole;
}

Outcome decode_zstd(Bytes& packed, Unpacked& output) {
    const std::unique_ptr<ZSTD_DStream, std::size_t (*)(ZSTD_DStream*)> stream(ZSTD_createDStream(),
                                                                               ZSTD_freeDStream);
    if (!stream || ZSTD_isError(ZSTD_DCtx_setParameter(stream.get(), ZSTD_d_windowLogMax, 27)))
        return Outcome::out_of_memory;
    ZSTD_inBuffer in{packed.data(), packed.size(), 0};
    while (!output.full()) {
        const auto room = output.room(block_size);
        ZSTD_outBuffer out{room.data(), room.size(), 0};
        const std::size_t status = ZSTD_decompressStream(stream.get(), &out, &in);
        output.took(out.pos);
        if (ZSTD_isError(status)) {
            if (ZSTD_getErrorCode(status) == ZSTD_error_frameParameter_windowTooLarge)
                return Outcome::too_large_window;
            return ZSTD_getErrorCode(status) == ZSTD_error_memory_allocation ? Outcome::out_of_memory
                                                                             : Outcome::damaged;
        }
        if (status == 0) {
            packed = packed.subspan(in.pos);
            return Outcome::whole;
        }
        if (in.pos == in.size && out.pos < out.size)
            return Outcome::truncated;
    }
    return Outcome::whole;
}

Outcome decode_lz4(Bytes& packed, Unpacked& output) {
    LZ4F_dctx* context = nullptr;
    if (LZ4F_isError(LZ4F_createDecompressionContext(&context, LZ4F_VERSION)))
        return Outcome::out_of_memory;
    const std::unique_ptr<LZ4F_dctx, LZ4F_errorCode_t (*)(LZ4F_dctx*)> owner(context,
                                                                             LZ4F_freeDecompressionContext);
    while (!output.full()) {
        const auto room = output.room(block_size);
        std::size_t out = room.size(), in = packed.size();
        const std::size_t status = LZ4F_decompress(context, room.data(), &out, packed.data(), &in, nullptr);
        packed = packed.subspan(in);
        output.took(out);
        if (LZ4F_isError(status))
            return Outcome::damaged;
        if (status == 0)
            return Outcome::whole;
        if (packed.empty() && out < room.size())
            return Outcome::truncated;
    }
    return Outcome::whole;
}

// A sequence of {u32 packed size, block of at most 8 MiB unpacked} (lz4's doc/lz4_Frame_format.md, "Legacy
// frame"). The end is the end of the file, or four bytes that cannot be a size: the length that the kernel's
// build appends. The last block alone may be shorter than 8 MiB.
Outcome decode_lz4_legacy(Bytes packed, Unpacked& output) {
    constexpr std::size_t block = std::size_t{8} << 20;
    const ByteReader reader(packed);
    bool complete = true;
    for (std::uint64_t at = 4; complete && !output.full();) {
        const auto size = reader.u32(at);
        if (!size || packed.size() - at - 4 == 0)
            return at == 4 ? Outcome::truncated : Outcome::whole;
        if (*size == 0 || *size > static_cast<std::size_t>(LZ4_compressBound(block)))
            return Outcome::damaged;
        const auto content = reader.slice(at + 4, *size);
        if (!content)
            return Outcome::truncated;
        at += 4 + *size;
        const auto room = output.room(block);
        const int got = LZ4_decompress_safe(reinterpret_cast<const char*>(content->data()),
                                            reinterpret_cast<char*>(room.data()), static_cast<int>(*size),
                                            static_cast<int>(room.size()));
        if (got < 0) // either damaged, or more than fits below the limit
            return room.size() < block ? (output.took(room.size()), Outcome::whole) : Outcome::damaged;
        output.took(static_cast<std::size_t>(got));
        complete = static_cast<std::size_t>(got) == block;
    }
    return Outcome::whole;
}

} // namespace

UnpackOutcome unpack_stream(Compression compression, Bytes& packed, Unpacked& output) {
    switch (compression) {
    case Compression::gzip:
        return inflate_gzip(packed, output);
    case Compression::xz:
    case Compression::lzma:
        return decode_lzma(packed, output);
    case Compression::zstd:
        return decode_zstd(packed, output);
    case Compression::lz4:
        return decode_lz4(packed, output);
    case Compression::lz4_legacy:
        return decode_lz4_legacy(packed, output);
    case Compression::bzip2:
    case Compression::lzop:
        break;
    }
    return Outcome::damaged;
}

} // namespace kdumpkit::loader
