// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/decompressor.h"

#include "makedumpfile-lite/format/kdump_layout.h"

#include <algorithm>

#include <fmt/format.h>
#include <libdeflate.h>
#include <lzo/lzo1x.h>
#include <snappy.h>
#include <zstd.h>

namespace kdumpkit::dump {

namespace {

// Bits of the flags that name an algorithm; page descriptors of makedumpfile have no others.
constexpr std::uint32_t algorithms =
    format::status_zlib | format::status_lzo | format::status_snappy | format::status_zstd;

Failure damaged(std::string reason) {
    return fail(make_error(ErrorKind::corrupt, "decompress", "a page", std::move(reason)));
}

} // namespace

struct Decompressor::Contexts {
    Contexts() : zlib(libdeflate_alloc_decompressor()), zstd(ZSTD_createDCtx()) {}
    Contexts(const Contexts&) = delete;
    Contexts& operator=(const Contexts&) = delete;
    ~Contexts() {
        libdeflate_free_decompressor(zlib);
        ZSTD_freeDCtx(zstd);
    }
    libdeflate_decompressor* zlib;
    ZSTD_DCtx* zstd;
};

Decompressor::Decompressor() : contexts_(std::make_unique<Contexts>()) {}
Decompressor::~Decompressor() = default;

Result<> Decompressor::decompress(std::uint32_t flags, Bytes bytes, std::span<std::byte> page) {
    const auto* in = reinterpret_cast<const unsigned char*>(bytes.data());
    auto* out = reinterpret_cast<unsigned char*>(page.data());
    const std::string name = compression_name(flags);
    std::size_t size = 0;
    bool sound = false;
    switch (flags) {
    case 0:
        if (bytes.size() != page.size())
            return damaged(fmt::format("{} bytes are stored for a page of {}", bytes.size(), page.size()));
        std::copy(bytes.begin(), bytes.end(), page.begin());
        return {};
    case format::status_zlib:
        if (contexts_->zlib == nullptr)
            return fail(ErrorKind::system, "set up the decompressor", name, "out of memory");
        sound = libdeflate_zlib_decompress(contexts_->zlib, in, bytes.size(), out, page.size(), &size) ==
                LIBDEFLATE_SUCCESS;
        break;
    case format::status_lzo: {
        lzo_uint written = page.size();
        sound = lzo1x_decompress_safe(in, bytes.size(), out, &written, nullptr) == LZO_E_OK;
        size = written;
        break;
    }
    case format::status_snappy: {
        const auto* text = reinterpret_cast<const char*>(in);
        sound =
            snappy::GetUncompressedLength(text, bytes.size(), &size) &&
            (size != page.size() || snappy::RawUncompress(text, bytes.size(), reinterpret_cast<char*>(out)));
        break;
    }
    case format::status_zstd:
        if (contexts_->zstd == nullptr)
            return fail(ErrorKind::system, "set up the decompressor", name, "out of memory");
        size = ZSTD_decompressDCtx(contexts_->zstd, out, page.size(), in, bytes.size());
        sound = ZSTD_isError(size) == 0;
        break;
    default:
        return damaged(fmt::format("its descriptor's flags 0x{:x} name no compression", flags));
    }
    if (!sound)
        return damaged(fmt::format("its {} bytes of {} are damaged", bytes.size(), name));
    if (size != page.size())
        return damaged(fmt::format("its {} data gives {} of {} bytes", name, size, page.size()));
    return {};
}

std::string compression_name(std::uint32_t flags) {
    switch (flags & algorithms) {
    case 0:
        return "none";
    case format::status_zlib:
        return "zlib";
    case format::status_lzo:
        return "lzo";
    case format::status_snappy:
        return "snappy";
    case format::status_zstd:
        return "zstd";
    default:
        return "unknown";
    }
}

} // namespace kdumpkit::dump
