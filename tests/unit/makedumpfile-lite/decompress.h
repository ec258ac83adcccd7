// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/bytes.h"

#include <cstdint>
#include <vector>

#include <catch2/catch.hpp>
#include <lzo/lzo1x.h>
#include <snappy.h>
#include <zlib.h>
#include <zstd.h>

namespace kdumpkit::dump::test {

// One page by the flags of its descriptor, written from the format's description: 1 zlib, 2 lzo, 4 snappy, 32
// zstd.
inline std::vector<std::byte> decompress(std::uint32_t flags, Bytes bytes, std::size_t page_size) {
    std::vector<std::byte> page(page_size);
    auto* out = reinterpret_cast<unsigned char*>(page.data());
    const auto* in = reinterpret_cast<const unsigned char*>(bytes.data());
    switch (flags) {
    case 0:
        REQUIRE(bytes.size() == page_size);
        return {bytes.begin(), bytes.end()};
    case 1: {
        uLongf size = page_size;
        REQUIRE(uncompress(out, &size, in, bytes.size()) == Z_OK);
        REQUIRE(size == page_size);
        return page;
    }
    case 2: {
        lzo_uint size = page_size;
        REQUIRE(lzo1x_decompress_safe(in, bytes.size(), out, &size, nullptr) == LZO_E_OK);
        REQUIRE(size == page_size);
        return page;
    }
    case 4: {
        std::size_t size = 0;
        const auto* text = reinterpret_cast<const char*>(bytes.data());
        REQUIRE(snappy::GetUncompressedLength(text, bytes.size(), &size));
        REQUIRE(size == page_size);
        REQUIRE(snappy::RawUncompress(text, bytes.size(), reinterpret_cast<char*>(out)));
        return page;
    }
    case 32:
        REQUIRE(ZSTD_decompress(out, page_size, in, bytes.size()) == page_size);
        return page;
    default:
        FAIL("unknown flags " << flags);
        return page;
    }
}

} // namespace kdumpkit::dump::test
