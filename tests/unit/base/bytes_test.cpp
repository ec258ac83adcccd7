// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/bytes.h"

#include <array>

#include <catch2/catch.hpp>

using namespace kdumpkit;

namespace {
constexpr std::array<unsigned char, 9> raw = {0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09};
const Bytes view = std::as_bytes(std::span(raw));
} // namespace

TEST_CASE("a reader reads numbers in the order of the machine that wrote them") {
    const ByteReader little(view);
    const ByteReader big(view, std::endian::big);
    CHECK(little.u8(8) == 0x09);
    CHECK(little.u16(0) == 0x0201);
    CHECK(big.u16(0) == 0x0102);
    CHECK(little.u32(1) == 0x05040302U);
    CHECK(big.u64(0) == 0x0102030405060708U);
}

TEST_CASE("a reader answers nothing outside its bytes, whatever the offset") {
    const ByteReader reader(view);
    CHECK(reader.u64(1).has_value());
    CHECK_FALSE(reader.u64(2));
    CHECK_FALSE(reader.u8(9));
    CHECK_FALSE(reader.u16(UINT64_MAX));
    CHECK_FALSE(reader.u64(UINT64_MAX - 3));
    CHECK_FALSE(reader.slice(4, UINT64_MAX));
    CHECK_FALSE(reader.slice(UINT64_MAX, 1));
    CHECK(reader.slice(9, 0)->empty());
    CHECK(reader.slice(7, 2)->size() == 2);
    struct Wide {
        std::uint64_t a, b;
    };
    CHECK_FALSE(reader.raw<Wide>(0));
}

TEST_CASE("a C string ends at its NUL, its limit or the end of the bytes") {
    const std::string text("abc\0defgh", 9);
    const ByteReader reader(as_bytes(text));
    CHECK(reader.c_string(0, 100) == "abc");
    CHECK(reader.c_string(4, 3) == "def");
    CHECK(reader.c_string(4, 100) == "defgh");
    CHECK(reader.c_string(3, 100) == "");
    CHECK_FALSE(reader.c_string(10, 1));
}

TEST_CASE("a number is the whole text or nothing") {
    CHECK(parse_number("31") == 31);
    CHECK(parse_number("0x1f") == 31);
    CHECK(parse_number("1f", 16) == 31);
    CHECK(parse_number("18446744073709551615") == UINT64_MAX);
    for (const char* wrong : {"", " 1", "1 ", "-1", "+1", "0x", "1f", "18446744073709551616", "1.0"}) {
        CAPTURE(wrong);
        CHECK_FALSE(parse_number(wrong));
    }
}
