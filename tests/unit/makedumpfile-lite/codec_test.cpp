// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/codec.h"
#include "tests/unit/makedumpfile-lite/decompress.h"
#include "tests/unit/makedumpfile-lite/fake_image.h"

#include <catch2/catch.hpp>

using namespace kdumpkit;
using namespace kdumpkit::dump;
using test::FakeImage;

TEST_CASE("a compression is named, with or without a level") {
    CHECK(parse_compression("zstd") == Compression{Algorithm::zstd, 1});
    CHECK(parse_compression("zstd:3") == Compression{Algorithm::zstd, 3});
    CHECK(parse_compression("zstd:-1") == Compression{Algorithm::zstd, -1});
    CHECK(parse_compression("zlib:9") == Compression{Algorithm::zlib, 9});
    CHECK(parse_compression("lzo") == Compression{Algorithm::lzo, 0});
    CHECK(parse_compression("none") == Compression{Algorithm::none, 0});
    for (const char* wrong : {"", "lz4", "zstd:", "zstd:0", "zstd:20", "zstd:3x", "zlib:10", "zlib:-1",
                              "lzo:1", "none:1", "zstd:99999999999999999999"}) {
        INFO(wrong);
        const auto result = parse_compression(wrong);
        REQUIRE_FALSE(result);
        CHECK(result.error().kind == ErrorKind::invalid);
        CHECK_FALSE(result.error().next_step.empty());
    }
}

TEST_CASE("every codec gives pages back, and says when they do not shrink") {
    const auto* name = GENERATE("zstd", "zstd:-3", "zstd:9", "lzo", "snappy", "zlib", "zlib:9");
    INFO(name);
    const auto codec = Codec::create(*parse_compression(name), FakeImage::page_size);
    REQUIRE(codec);
    std::vector<std::byte> out((*codec)->bound());
    for (std::uint64_t pfn = 0; pfn < 50; ++pfn) {
        INFO(pfn);
        const auto page = FakeImage::page(pfn);
        const std::size_t size = (*codec)->compress(page, out.data());
        if (pfn % 5 == 1) { // random bytes
            CHECK(size == 0);
            continue;
        }
        REQUIRE(size > 0);
        REQUIRE(size < page.size());
        CHECK(test::decompress((*codec)->flag(), Bytes(out).first(size), page.size()) == page);
    }
}

TEST_CASE("what was compressed before does not show") {
    const auto* name = GENERATE("zstd", "zstd:9", "lzo", "snappy", "zlib");
    INFO(name);
    const auto alone = [&](std::uint64_t pfn) {
        auto codec = *Codec::create(*parse_compression(name), FakeImage::page_size);
        std::vector<std::byte> out(codec->bound());
        out.resize(codec->compress(FakeImage::page(pfn), out.data()));
        return out;
    };
    auto codec = *Codec::create(*parse_compression(name), FakeImage::page_size);
    std::vector<std::byte> out(codec->bound());
    for (const std::uint64_t pfn : {0, 2, 1, 4, 0, 7, 1, 2}) {
        const std::size_t size = codec->compress(FakeImage::page(pfn), out.data());
        CHECK(std::vector<std::byte>(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(size)) ==
              alone(pfn));
    }
}
