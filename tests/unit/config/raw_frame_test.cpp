// SPDX-License-Identifier: GPL-2.0-or-later
#include "config/raw_frame.h"

#include <catch2/catch.hpp>

using namespace kdumpkit;

namespace {

constexpr std::uint64_t size = 1 << 20;

RawDump sample() {
    RawDump dump;
    dump.complete = true;
    dump.utc = 1'795'395'700;
    dump.host = "guest";
    dump.folder = "20261123T010140Z-guest";
    dump.files = {{"dmesg.txt", 4096, 100, sha256_of(as_bytes("x"))}, {"vmcore.flat", 8192, 5000, {}}};
    return dump;
}

// The header again with bytes changed, and its checksum made good.
std::vector<std::byte> changed(std::size_t offset, std::uint8_t value) {
    auto page = to_bytes(sample());
    page[offset] = std::byte{value};
    const Digest digest = sha256_of(Bytes(page).first(offsetof(raw_frame::Header, sha256)));
    std::copy(digest.begin(), digest.end(), page.begin() + offsetof(raw_frame::Header, sha256));
    return page;
}

} // namespace

TEST_CASE("a raw dump's header is read back as it was written") {
    const auto dump = parse_raw_dump(to_bytes(sample()), size, "vdb").value();
    CHECK(dump.complete);
    CHECK_FALSE(dump.taken);
    CHECK(dump.utc == 1'795'395'700);
    CHECK(dump.host == "guest");
    CHECK(dump.folder == "20261123T010140Z-guest");
    REQUIRE(dump.files.size() == 2);
    CHECK(dump.files[1].name == "vmcore.flat");
    CHECK(dump.files[1].offset == 8192);
    CHECK(dump.files[1].bytes == 5000);
    CHECK(dump.files[0].sha256 == sha256_of(as_bytes("x")));
}

TEST_CASE("a partition without a header has no dump, one with a lying header is corrupt") {
    CHECK(parse_raw_dump(std::vector<std::byte>(4096), size, "vdb").error().kind == ErrorKind::absent);
    CHECK(parse_raw_dump({}, size, "vdb").error().kind == ErrorKind::absent);
    CHECK(parse_raw_dump(changed(16, 9), size, "vdb").error().kind == ErrorKind::unsupported);
    CHECK(parse_raw_dump(to_bytes(sample()), 9000, "vdb").error().kind == ErrorKind::corrupt);
    CHECK(parse_raw_dump(changed(200, 9), size, "vdb").error().kind == ErrorKind::corrupt);
    CHECK(parse_raw_dump(changed(208, '/'), size, "vdb").error().kind == ErrorKind::corrupt);
    CHECK(parse_raw_dump(changed(104, '.'), size, "vdb").error().kind == ErrorKind::corrupt);
    CHECK(parse_raw_dump(changed(208 + 55, 0xff), size, "vdb").error().kind == ErrorKind::corrupt);
    CHECK(parse_raw_dump(changed(208 + 63, 0xff), size, "vdb").error().kind == ErrorKind::corrupt);
    auto flipped = to_bytes(sample());
    flipped[30] ^= std::byte{1};
    CHECK(parse_raw_dump(flipped, size, "vdb").error().kind == ErrorKind::corrupt);
}
