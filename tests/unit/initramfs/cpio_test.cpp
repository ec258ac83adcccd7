// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/cpio.h"
#include "initramfs/decompress.h"
#include "initramfs/zstd_frame.h"
#include "temporary_folder.h"

using namespace kdumpkit;
using namespace kdumpkit::initramfs;
using test::TemporaryFolder;

namespace {

std::vector<Entry> some_entries() {
    std::vector<Entry> entries(4);
    entries[0].path = "/dev";
    entries[0].type = EntryType::folder;
    entries[0].mode = 0755;
    entries[1].path = "/dev/console";
    entries[1].type = EntryType::char_device;
    entries[1].mode = 0600;
    entries[1].major = 5;
    entries[1].minor = 1;
    entries[2].path = "/init";
    entries[2].mode = 0755;
    entries[2].content.assign(5001, std::byte{'x'});
    entries[3].path = "/lib";
    entries[3].type = EntryType::link;
    entries[3].mode = 0777;
    entries[3].link = "usr/lib";
    return entries;
}

// A field of the newc header `index` fields behind the magic: 8 hexadecimal digits each.
std::uint64_t field(std::string_view header, unsigned index) {
    return parse_number(header.substr(6 + index * 8, 8), 16).value();
}

} // namespace

TEST_CASE("the archive is newc as the kernel documents it") {
    const Archive archive = write_cpio(some_entries(), Packing::none).value();
    CHECK(archive.bytes.size() == archive.unpacked);
    std::string_view rest = as_text(archive.bytes);
    std::vector<std::string> seen;
    for (unsigned position = 0; rest.starts_with("070701"); ++position) {
        const std::uint64_t size = field(rest, 6), name_size = field(rest, 11);
        const std::string name(rest.substr(110, name_size - 1));
        seen.push_back(name);
        if (name == "TRAILER!!!")
            break;
        CHECK(field(rest, 0) ==
              position + 1);        // c_ino: never two files of one inode, which would be hard links
        CHECK(field(rest, 2) == 0); // c_uid
        CHECK(field(rest, 3) == 0); // c_gid
        CHECK(field(rest, 5) == 0); // c_mtime
        if (name == "dev/console") {
            CHECK(field(rest, 1) == 020600);
            CHECK(field(rest, 9) == 5);
            CHECK(field(rest, 10) == 1);
        }
        if (name == "init")
            CHECK(size == 5001);
        const auto padded = [](std::uint64_t n) { return (n + 3) & ~std::uint64_t{3}; };
        const std::uint64_t header = padded(110 + name_size);
        if (name == "lib")
            CHECK(rest.substr(header, size) == "usr/lib");
        rest.remove_prefix(header + padded(size));
    }
    CHECK(seen == std::vector<std::string>{"dev", "dev/console", "init", "lib", "TRAILER!!!"});
}

TEST_CASE("the same entries give the same bytes, and every packing unpacks to the same archive") {
    const TemporaryFolder folder;
    const Archive plain = write_cpio(some_entries(), Packing::none).value();
    for (const Packing packing : {Packing::gzip, Packing::bzip2, Packing::lzma, Packing::zstd}) {
        INFO(to_text(packing));
        const Archive once = write_cpio(some_entries(), packing).value();
        const Archive again = write_cpio(some_entries(), packing).value();
        CHECK(once.bytes == again.bytes);
        CHECK(once.bytes.size() < plain.bytes.size());
        CHECK(once.unpacked == plain.unpacked);
        CHECK(read_unpacked(folder.file("packed", once.bytes)).value() == plain.bytes);
    }
    // The time of packing would be in bytes 4 to 7 of a gzip header (RFC 1952).
    const Archive gzip = write_cpio(some_entries(), Packing::gzip).value();
    CHECK(ByteReader(gzip.bytes).u32(4) == 0u);
}

TEST_CASE("unpacking zstd takes the kernel a small window only, however large the archive is") {
    std::vector<Entry> entries(1);
    entries[0].path = "/init";
    for (std::uint32_t i = 0; i < 1 << 20; ++i)
        entries[0].content.push_back(static_cast<std::byte>((i * i) >> 9));
    const Archive archive = write_cpio(entries, Packing::zstd).value();
    // RFC 8878, 3.1.1: magic, descriptor (single segment: bit 5), window (exponent and mantissa).
    const ByteReader frame(archive.bytes);
    CHECK(frame.u32(0) == 0xfd2fb528u);
    REQUIRE((*frame.u8(4) & 0x20) == 0);
    CHECK(std::uint64_t{1} << (10 + (*frame.u8(5) >> 3)) == zstd_window);
    CHECK((*frame.u8(5) & 7) == 0);
}

TEST_CASE("a path that is not absolute is refused") {
    std::vector<Entry> entries(1);
    entries[0].path = "init";
    CHECK(write_cpio(entries, Packing::none).error().kind == ErrorKind::invalid);
    entries[0].path = "/";
    CHECK(write_cpio(entries, Packing::none).error().kind == ErrorKind::invalid);
}

TEST_CASE("packed files that do not unpack are corrupt, bombs are refused, plain ones are left alone") {
    const TemporaryFolder folder;
    std::vector<std::byte> packed = write_cpio(some_entries(), Packing::zstd).value().bytes;
    const std::string whole = folder.file("whole", packed);
    CHECK(read_unpacked(whole, 1000).error().kind == ErrorKind::unsupported);
    packed.resize(packed.size() / 2);
    CHECK(read_unpacked(folder.file("half", packed)).error().kind == ErrorKind::corrupt);
    CHECK(as_text(read_unpacked(folder.file("plain", "just text")).value()) == "just text");
    CHECK(read_unpacked(folder.file("empty", "")).value().empty());
    CHECK(read_unpacked(folder.path() + "/none").error().kind == ErrorKind::absent);
}
