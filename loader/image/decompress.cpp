// SPDX-License-Identifier: GPL-2.0-or-later
#include "loader/image/decompress.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>

#include <fmt/format.h>
#include <lz4.h>
#include <lz4frame.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

namespace kdumpkit::loader {

namespace {

using namespace std::string_view_literals;

struct Magic {
    Compression compression;
    std::string_view name;
    std::string_view bytes;
};
// lzma has no magic number; 0x5d is its usual properties byte, and dictionaries are a power of two of at
// least 64 KiB: so do the kernel's lib/decompress.c and file(1) find it.
constexpr std::array<Magic, 8> magics{{
    {Compression::gzip, "gzip", "\x1f\x8b"sv},
    {Compression::xz, "xz",
     "\xfd"
     "7zXZ\0"sv},
    {Compression::zstd, "zstd", "\x28\xb5\x2f\xfd"sv},
    {Compression::lz4, "lz4", "\x04\x22\x4d\x18"sv},
    {Compression::lz4_legacy, "lz4 (legacy)", "\x02\x21\x4c\x18"sv},
    {Compression::bzip2, "bzip2", "BZh"sv},
    {Compression::lzop, "lzop", "\x89LZO\0"sv},
    {Compression::lzma, "lzma", "\x5d\0\0"sv},
}};

constexpr std::size_t block_size = std::size_t{256} << 10;

// What all unpackers fill: it refuses to grow beyond its limit.
class Output {
  public:
    explicit Output(std::size_t limit) : limit_(limit) {}

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

enum class Outcome { whole, truncated, damaged, too_large_window, out_of_memory };

// Each appends to `output` until the end of the packed data, or until it is full.
Outcome inflate_gzip(Bytes packed, Output& output) {
    z_stream stream{};
    if (inflateInit2(&stream, 16 + MAX_WBITS) != Z_OK)
        return Outcome::out_of_memory;
    const std::unique_ptr<z_stream, int (*)(z_stream*)> owner(&stream,
                                                              [](z_stream* s) { return inflateEnd(s); });
    std::size_t used = 0;
    while (!output.full()) {
        const std::size_t give = std::min<std::size_t>(packed.size() - used, 1U << 30);
        const auto room = output.room(block_size);
        stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(packed.data() + used));
        stream.avail_in = static_cast<uInt>(give);
        stream.next_out = reinterpret_cast<Bytef*>(room.data());
        stream.avail_out = static_cast<uInt>(room.size());
        const int status = inflate(&stream, Z_NO_FLUSH);
        used += give - stream.avail_in;
        output.took(room.size() - stream.avail_out);
        if (status == Z_STREAM_END)
            return Outcome::whole;
        if (status == Z_BUF_ERROR || (status == Z_OK && used == packed.size() && stream.avail_out != 0))
            return Outcome::truncated;
        if (status != Z_OK)
            return status == Z_MEM_ERROR ? Outcome::out_of_memory : Outcome::damaged;
    }
    return Outcome::whole;
}

Outcome decode_lzma(Bytes packed, Output& output) {
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

Outcome decode_zstd(Bytes packed, Output& output) {
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
        if (status == 0)
            return Outcome::whole;
        if (in.pos == in.size && out.pos < out.size)
            return Outcome::truncated;
    }
    return Outcome::whole;
}

Outcome decode_lz4(Bytes packed, Output& output) {
    LZ4F_dctx* context = nullptr;
    if (LZ4F_isError(LZ4F_createDecompressionContext(&context, LZ4F_VERSION)))
        return Outcome::out_of_memory;
    const std::unique_ptr<LZ4F_dctx, LZ4F_errorCode_t (*)(LZ4F_dctx*)> owner(context,
                                                                             LZ4F_freeDecompressionContext);
    std::size_t used = 0;
    while (!output.full()) {
        const auto room = output.room(block_size);
        std::size_t out = room.size(), in = packed.size() - used;
        const std::size_t status =
            LZ4F_decompress(context, room.data(), &out, packed.data() + used, &in, nullptr);
        used += in;
        output.took(out);
        if (LZ4F_isError(status))
            return Outcome::damaged;
        if (status == 0)
            return Outcome::whole;
        if (used == packed.size() && out < room.size())
            return Outcome::truncated;
    }
    return Outcome::whole;
}

// A sequence of {u32 packed size, block of at most 8 MiB unpacked} (lz4's doc/lz4_Frame_format.md, "Legacy
// frame"). The end is the end of the file, or four bytes that cannot be a size: the length that the kernel's
// build appends. The last block alone may be shorter than 8 MiB.
Outcome decode_lz4_legacy(Bytes packed, Output& output) {
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

Outcome run(Compression compression, Bytes packed, Output& output) {
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

} // namespace

std::string_view to_text(Compression compression) {
    return std::ranges::find(magics, compression, &Magic::compression)->name;
}

std::optional<Compression> probe_compression(Bytes file) {
    const auto found =
        std::ranges::find_if(magics, [&](const Magic& m) { return as_text(file).starts_with(m.bytes); });
    if (found == magics.end())
        return std::nullopt;
    if (found->compression == Compression::lzma) {
        const std::uint32_t dictionary = ByteReader(file).u32(1).value_or(0);
        if (dictionary < (1U << 16) || (dictionary & (dictionary - 1)) != 0)
            return std::nullopt;
    }
    return found->compression;
}

Result<std::vector<std::byte>> decompress(Compression compression, Bytes packed, const std::string& name,
                                          std::size_t limit) {
    const auto error = [&](ErrorKind kind, std::string reason, std::string next) {
        return fail(make_error(kind, "unpack", name, std::move(reason)).then(std::move(next)));
    };
    const std::string again = "copy the file again, or install the kernel package again";
    if (compression == Compression::bzip2 || compression == Compression::lzop)
        return error(ErrorKind::unsupported,
                     fmt::format("it is compressed by {}, which is not supported", to_text(compression)),
                     fmt::format("unpack it first with {}",
                                 compression == Compression::bzip2 ? "bunzip2" : "lzop -d"));
    Output output(limit);
    const Outcome outcome = run(compression, packed, output);
    if (outcome == Outcome::truncated)
        return error(ErrorKind::corrupt,
                     fmt::format("it is truncated: its {} stream does not end within its {} bytes",
                                 to_text(compression), packed.size()),
                     again);
    if (outcome == Outcome::damaged)
        return error(ErrorKind::corrupt, fmt::format("its {} stream is damaged", to_text(compression)),
                     again);
    if (outcome == Outcome::too_large_window)
        return error(ErrorKind::unsupported,
                     fmt::format("unpacking its {} stream takes a window of more than {} MiB",
                                 to_text(compression), largest_window >> 20),
                     "compress it again with a lower level");
    if (outcome == Outcome::out_of_memory)
        return error(ErrorKind::system, "there is not enough memory to unpack it",
                     "free memory, and try again");
    if (output.full())
        return error(ErrorKind::unsupported, fmt::format("it unpacks to more than {} MiB", limit >> 20),
                     "give a kernel: no kernel is that large");
    return std::move(output).finish();
}

} // namespace kdumpkit::loader
