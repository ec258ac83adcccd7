// SPDX-License-Identifier: GPL-2.0-or-later
#include "loader/purgatory/parameters.h"
#include "loader/purgatory_blob.h"

#include <algorithm>

#include <catch2/catch.hpp>
#include <fmt/format.h>

using namespace kdumpkit;
using namespace kdumpkit::loader;
using purgatory::Parameters;

namespace {
std::string hex(const Sha256Digest& digest) {
    std::string text;
    for (const std::uint8_t byte : digest.bytes)
        text += fmt::format("{:02x}", byte);
    return text;
}

// By the purgatory's own code.
Sha256Digest own_sha256(Bytes bytes) {
    Sha256 hash;
    hash.update(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
    return hash.finish();
}
} // namespace

TEST_CASE("SHA-256 gives the digests of FIPS 180-4's examples") {
    CHECK(hex(own_sha256(as_bytes(""))) ==
          "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK(hex(own_sha256(as_bytes("abc"))) ==
          "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(hex(own_sha256(as_bytes("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"))) ==
          "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    CHECK(hex(own_sha256(as_bytes(std::string(1000000, 'a')))) ==
          "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("SHA-256 does not depend on how the bytes are cut, nor on who computes it") {
    const std::string text(300, 'x');
    for (std::size_t cut = 0; cut <= text.size(); ++cut) {
        Sha256 hash;
        const auto* bytes = reinterpret_cast<const std::uint8_t*>(text.data());
        hash.update(bytes, cut);
        hash.update(bytes + cut, text.size() - cut);
        CHECK(hash.finish() == sha256(as_bytes(text)));
    }
}

TEST_CASE("the purgatory is small, flat code that starts with a jump") {
    const auto blob = build_purgatory({}, std::nullopt, {});
    REQUIRE(blob);
    CHECK(blob->size() == purgatory_size());
    CHECK(purgatory_size() <= 8192);
    // jmp rel8 or rel32 over the parameters
    const auto first = std::to_integer<unsigned>(blob->front());
    CHECK((first == 0xeb || first == 0xe9));
}

TEST_CASE("the purgatory's parameters are where it looks for them") {
    const std::string content = "what the segment holds";
    const auto blob = build_purgatory({0x34000200, 0x3ef00000, 0x3ef01030, 0x3ee00000, true},
                                      Backup{{0x1000, 0x9fc00}, 0x3ef61000},
                                      {{"kernel", 0x34000000, as_bytes(content)},
                                       {"a name of more than fifteen bytes", 0x35000000, as_bytes("")}});
    REQUIRE(blob);
    const auto parameters = ByteReader(*blob).raw<Parameters>(Parameters::offset);
    REQUIRE(parameters);
    CHECK(parameters->kernel_entry == 0x34000200);
    CHECK(parameters->boot_params == 0x3ef00000);
    CHECK(parameters->return_digits == 0x3ef01030);
    CHECK(parameters->page_tables == 0x3ee00000);
    CHECK(parameters->pvh == 1);
    CHECK(ByteReader(*build_purgatory({}, std::nullopt, {})).raw<Parameters>(Parameters::offset)->pvh == 0);
    CHECK(parameters->backup_source == 0x1000);
    CHECK(parameters->backup_destination == 0x3ef61000);
    CHECK(parameters->backup_length == 0x9ec00);
    REQUIRE(parameters->region_count == 2);
    CHECK(parameters->regions[0].begin == 0x34000000);
    CHECK(parameters->regions[0].length == content.size());
    CHECK(parameters->regions[0].digest == sha256(as_bytes(content)));
    CHECK(std::string(parameters->regions[1].name) == "a name of more ");
}

TEST_CASE("the purgatory refuses more segments than it can guard") {
    const std::vector<Guarded> many(Parameters::most_regions + 1);
    CHECK(exit_code(build_purgatory({}, std::nullopt, many).error()) == exit_codes::unsupported);
}
