// SPDX-License-Identifier: GPL-2.0-or-later
#include "fixtures.h"
#include "loader/image/decompress.h"
#include "packed.h"

#include <catch2/catch.hpp>

using namespace kdumpkit;
using namespace kdumpkit::loader;
using namespace std::string_literals;
using Catch::Matchers::Contains;

namespace {
constexpr Compression all[] = {Compression::gzip, Compression::xz,  Compression::lzma,
                               Compression::zstd, Compression::lz4, Compression::lz4_legacy};
}

TEST_CASE("every compression is told by its first bytes and unpacks to what was packed") {
    const auto kernel = fixtures::bzimage(300000);
    for (const Compression compression : all) {
        INFO(to_text(compression));
        auto packed = fixtures::packed(compression, kernel);
        CHECK(packed.size() < kernel.size());
        REQUIRE(probe_compression(packed) == compression);
        const auto unpacked = decompress(compression, packed, "vmlinuz.x");
        REQUIRE(unpacked);
        CHECK(*unpacked == kernel);
        // The kernel's build appends the length.
        fixtures::append(packed, bytes_of(std::uint32_t{300000}));
        CHECK(decompress(compression, packed, "vmlinuz.x") == kernel);
    }
}

TEST_CASE("a file of several streams, as parallel packers write, is unpacked whole") {
    const auto first = fixtures::bzimage(300000), second = fixtures::bzimage(20000);
    auto both = first;
    fixtures::append(both, second);
    for (const Compression compression :
         {Compression::gzip, Compression::xz, Compression::zstd, Compression::lz4}) {
        INFO(to_text(compression));
        auto packed = fixtures::packed(compression, first);
        const auto rest = fixtures::packed(compression, second);
        fixtures::append(packed, rest);
        CHECK(decompress(compression, packed, "x") == both);
        packed.resize(packed.size() - rest.size() / 2);
        const auto cut = decompress(compression, packed, "x");
        REQUIRE_FALSE(cut);
        CHECK_THAT(cut.error().message(), Contains("truncated"));
    }
}

TEST_CASE("a packed file cut anywhere is named as truncated, and never crashes") {
    const auto kernel = fixtures::bzimage(20000);
    for (const Compression compression : all) {
        INFO(to_text(compression));
        const auto packed = fixtures::packed(compression, kernel);
        for (std::size_t size = 6; size + 1 < packed.size(); size += 1 + packed.size() / 97) {
            INFO(size);
            const auto cut = decompress(compression, Bytes(packed).first(size), "/boot/vmlinuz.x");
            REQUIRE_FALSE(cut);
            CHECK(exit_code(cut.error()) == exit_codes::corrupt);
            CHECK_THAT(cut.error().message(), Contains("/boot/vmlinuz.x") && Contains("next: "));
        }
        const auto half = decompress(compression, Bytes(packed).first(packed.size() / 2), "x");
        CHECK_THAT(half.error().message(), Contains("truncated"));
    }
}

TEST_CASE("flipped bits are refused or lead to other bytes, and nothing worse") {
    const auto kernel = fixtures::bzimage(20000);
    for (const Compression compression : all) {
        auto packed = fixtures::packed(compression, kernel);
        for (std::size_t at = 4; at < packed.size(); at += 1 + packed.size() / 151) {
            packed[at] ^= std::byte{0x10};
            if (const auto got = decompress(compression, packed, "x", 1 << 20); got)
                CHECK(got->size() <= 1 << 20);
            packed[at] ^= std::byte{0x10};
        }
    }
}

TEST_CASE("what unpacks to more than the limit is refused, whatever it claims") {
    const std::vector<std::byte> zeros(5 << 20);
    for (const Compression compression : all) {
        INFO(to_text(compression));
        const auto packed = fixtures::packed(compression, zeros);
        CHECK(decompress(compression, packed, "x", zeros.size()));
        const auto refused = decompress(compression, packed, "x", zeros.size() - 1);
        REQUIRE_FALSE(refused);
        CHECK(exit_code(refused.error()) == exit_codes::unsupported);
        CHECK_THAT(refused.error().message(), Contains("unpacks to more than"));
    }
    // Blocks of legacy lz4 that add up.
    const std::vector<std::byte> large(20 << 20);
    const auto legacy = fixtures::packed(Compression::lz4_legacy, large);
    CHECK(decompress(Compression::lz4_legacy, legacy, "x") == large);
    CHECK_FALSE(decompress(Compression::lz4_legacy, legacy, "x", 17 << 20));
}

TEST_CASE("bzip2, lzop and giant windows are refused with the way out") {
    CHECK(probe_compression(as_bytes("BZh91AY")) == Compression::bzip2);
    const auto bzip2 = decompress(Compression::bzip2, as_bytes("BZh91AY"), "vmlinuz.bz2");
    CHECK(exit_code(bzip2.error()) == exit_codes::unsupported);
    CHECK_THAT(bzip2.error().message(), Contains("bunzip2"));
    // lzma's header asks for a dictionary of 2 GiB.
    const std::string lzma = "\x5d\0\0\0\x80"s + std::string(8, '\xff') + std::string(100, '\0');
    REQUIRE(probe_compression(as_bytes(lzma)) == Compression::lzma);
    const auto window = decompress(Compression::lzma, as_bytes(lzma), "x");
    CHECK(exit_code(window.error()) == exit_codes::unsupported);
    CHECK_THAT(window.error().message(), Contains("window"));
    CHECK_FALSE(probe_compression(as_bytes("\x5d\0\0\0\x03nonsense"s)));
    CHECK_FALSE(probe_compression({}));
}
