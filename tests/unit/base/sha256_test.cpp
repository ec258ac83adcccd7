// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/sha256.h"

#include <catch2/catch.hpp>

using namespace kdumpkit;

TEST_CASE("SHA-256 of NIST's examples, in one piece and in several") {
    const char* const abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    CHECK(to_hex(sha256_of(as_bytes("abc"))) == abc);
    CHECK(to_hex(sha256_of({})) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    Sha256 hash;
    hash.update(as_bytes("a"));
    hash.update(as_bytes("bc"));
    CHECK(to_hex(hash.finish()) == abc);
}

TEST_CASE("zeros that nobody has to hold count as zeros") {
    const std::vector<std::byte> zeros(10000);
    Sha256 hash;
    hash.update_zeros(zeros.size());
    CHECK(hash.finish() == sha256_of(zeros));
}

TEST_CASE("a digest is read back only from 64 small hexadecimal digits") {
    const Digest digest = sha256_of(as_bytes("abc"));
    Digest back{};
    CHECK(from_hex(to_hex(digest), back));
    CHECK(back == digest);
    std::string text = to_hex(digest);
    CHECK_FALSE(from_hex(text.substr(1), back));
    text[5] = 'G';
    CHECK_FALSE(from_hex(text, back));
}
