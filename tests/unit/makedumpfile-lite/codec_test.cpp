// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/codec.h"
#include "makedumpfile-lite/page_texture.h"
#include "tests/unit/makedumpfile-lite/decompress.h"
#include "tests/unit/makedumpfile-lite/fake_image.h"

#include <array>
#include <cstring>

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
    const auto* name = GENERATE("zstd", "zstd:-3", "zstd:9", "lzo", "snappy", "zlib", "zlib:1", "zlib:9");
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

namespace {

// Sixty-four structures of 64 bytes: flags, a pointer, a small number that rises.
std::vector<std::byte> page_of_structures(std::uint64_t seed) {
    std::vector<std::byte> page(4096);
    for (std::uint64_t i = 0; i < 64; ++i) {
        const std::array<std::uint64_t, 4> words = {
            0x17ffffc0000000, 0xffff888000000000 + seed * 8192 + i * 104, i * 3 + seed, 0xffffffff};
        std::memcpy(page.data() + i * 64, words.data(), sizeof(words));
    }
    return page;
}

std::vector<std::byte> page_of_text() {
    std::vector<std::byte> page(4096);
    for (std::size_t i = 0; i < page.size(); ++i)
        page[i] = static_cast<std::byte>('a' + i * i % 23);
    return page;
}

} // namespace

TEST_CASE("arrays of the kernel's structures are told from text") {
    CHECK(holds_structures(page_of_structures(1)));
    CHECK_FALSE(holds_structures(page_of_text()));
    std::vector<std::byte> half = page_of_text();
    const auto structures = page_of_structures(2);
    std::copy(structures.begin(), structures.begin() + 2048, half.begin());
    CHECK(holds_structures(half));
}

TEST_CASE("pages of structures and of text come back in any order, and do not depend on it") {
    const auto* name = GENERATE("zstd", "zlib", "zlib:1");
    INFO(name);
    auto codec = *Codec::create(*parse_compression(name), 4096);
    std::vector<std::byte> out(codec->bound());
    std::vector<std::vector<std::byte>> first;
    for (int turn = 0; turn < 2; ++turn)
        for (std::uint64_t i = 0; i < 20; ++i) {
            const auto page = i % 3 == 0 ? page_of_text() : page_of_structures(i);
            const std::size_t size = codec->compress(page, out.data());
            REQUIRE(size > 0);
            REQUIRE(test::decompress(codec->flag(), Bytes(out).first(size), page.size()) == page);
            std::vector<std::byte> packed(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(size));
            if (turn == 0)
                first.push_back(std::move(packed));
            else
                CHECK(packed == first[i]);
        }
}
