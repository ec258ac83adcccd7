// SPDX-License-Identifier: GPL-2.0-or-later
#include "fixtures.h"
#include "loader/image/bzimage.h"
#include "loader/image/image.h"

#include <catch2/catch.hpp>

using namespace kdumpkit;
using namespace kdumpkit::loader;
using namespace std::string_literals;
using Catch::Matchers::Contains;

namespace {

std::string pe(const std::string& section) {
    std::string file(0x400, '\0');
    file.replace(0, 2, "MZ");
    file[0x3c] = '\x80';
    file.replace(0x80, 4, "PE\0\0"s);
    file[0x86] = 1;    // sections
    file[0x94] = 0x20; // size of the optional header
    file.replace(0x80 + 24 + 0x20, section.size(), section);
    return file;
}
std::string at_56(const std::string& magic) {
    std::string file = pe(".text");
    return file.replace(56, magic.size(), magic);
}

} // namespace

TEST_CASE("a kernel's setup header is read") {
    const auto file = fixtures::bzimage();
    const auto image = parse_bzimage(file, "vmlinuz");
    REQUIRE(image);
    CHECK(image->protocol == 0x020f);
    CHECK(image->relocatable);
    CHECK(image->can_be_above_4g);
    CHECK(image->handles_5level);
    CHECK(image->alignment == 0x200000);
    CHECK(image->pref_address == 0x1000000);
    CHECK(image->init_size == 0x200000);
    CHECK(image->cmdline_size == 2047);
    CHECK(image->version == "6.1.0-test");
    CHECK(image->content.size() == 0x10000);
    CHECK(image->content.data() == file.data() + 5 * 512);
    CHECK(image->setup_header.size() == 0x26c - 0x1f1);
}

TEST_CASE("what is not a bzImage is named") {
    struct Case {
        std::string file;
        const char* says;
    };
    const std::string kernel_in_pe = pe(".linux");
    for (const Case& c : std::vector<Case>{
             {"\x7f"
              "ELF\2\1\1",
              "an ELF file"},
             {"\x1f\x8b\x08 ", "a compressed file"},
             {"\x28\xb5\x2f\xfd"s, "a compressed file"},
             {at_56("ARM\x64"), "an arm64 kernel Image"},
             {at_56("RSC\x05"), "a RISC-V kernel Image"},
             {"MZ\0\0zimg"s + std::string(100, '\0'), "an EFI zboot kernel"},
             {kernel_in_pe, "a unified kernel image (UKI)"},
             {pe(".text"), "an EFI program without a Linux kernel"},
             {"070701000000", "an initramfs (cpio archive)"},
             {"#!/bin/sh\necho\n", "a script"},
             {std::string(1024, '\0'), "of no known kernel format"},
         }) {
        INFO(c.says);
        const auto image = parse_bzimage(as_bytes(c.file), "/boot/x");
        REQUIRE_FALSE(image);
        CHECK(exit_code(image.error()) == exit_codes::invalid);
        CHECK_THAT(image.error().message(), Contains(c.says) && Contains("/boot/x") && Contains("next: "));
    }
    const auto empty = parse_bzimage({}, "/boot/x");
    CHECK(exit_code(empty.error()) == exit_codes::corrupt);
    CHECK_THAT(empty.error().message(), Contains("an empty file"));
}

TEST_CASE("a kernel cut anywhere is refused, never read beyond its end") {
    const auto file = fixtures::bzimage();
    for (std::size_t size = 0; size < file.size(); size += size < 0x400 ? 1 : 997) {
        const std::vector<std::byte> cut(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(size));
        INFO(size);
        CHECK_FALSE(parse_bzimage(cut, "cut"));
    }
    const std::vector<std::byte> cut(file.begin(), file.end() - 100);
    const auto image = parse_bzimage(cut, "cut");
    CHECK(exit_code(image.error()) == exit_codes::corrupt);
    CHECK_THAT(image.error().message(),
               Contains("truncated: its header promises 68096 bytes, the file has 67996"));
    const std::vector<std::byte> short_header(file.begin(), file.begin() + 518);
    CHECK_THAT(parse_bzimage(short_header, "cut").error().message(),
               Contains("truncated inside its setup header"));
}

TEST_CASE("a kernel that is cut off inside its signature is truncated, though its code is whole") {
    auto file = fixtures::bzimage();
    const auto put = [&](std::size_t at, std::uint32_t value) { fixtures::poke(file, at, value); };
    fixtures::poke(file, 0, std::uint16_t{0x5a4d}); // MZ
    put(0x3c, 0x40);
    put(0x40, 0x4550);
    fixtures::poke(file, 0x40 + 24, std::uint16_t{0x20b}); // PE32+
    put(0x40 + 24 + 108, 6);                               // data directories
    put(0x40 + 24 + 112 + 32, static_cast<std::uint32_t>(file.size()));
    put(0x40 + 24 + 112 + 36, 512);
    CHECK_THAT(parse_bzimage(file, "cut").error().message(), Contains("truncated inside its signature"));
    file.resize(file.size() + 512);
    CHECK(parse_bzimage(file, "whole"));
}

TEST_CASE("lying setup headers are refused") {
    struct Case {
        const char* what;
        std::size_t at;
        std::uint64_t value;
        unsigned size;
        int code;
    };
    for (const Case& c : std::vector<Case>{
             {"protocol 2.11", 0x206, 0x020b, 2, exit_codes::unsupported},
             {"no 64-bit entry", 0x236, 0x7e, 2, exit_codes::unsupported},
             {"header too short", 0x201, 0x10, 1, exit_codes::corrupt},
             {"header over the e820 table", 0x201, 0xff, 1, exit_codes::corrupt},
             {"more setup sectors than file", 0x1f1, 255, 1, exit_codes::corrupt},
             {"promises 4 GiB", 0x1f4, 0xffffffff, 4, exit_codes::corrupt},
             {"payload outside", 0x248, 0xfffffff0, 4, exit_codes::corrupt},
             {"payload too long", 0x24c, 0xffffffff, 4, exit_codes::corrupt},
             {"init_size 0", 0x260, 0, 4, exit_codes::corrupt},
             {"init_size 4 GiB", 0x260, 0xffffffff, 4, exit_codes::corrupt},
             {"alignment 0", 0x230, 0, 4, exit_codes::corrupt},
             {"alignment 3", 0x230, 3, 4, exit_codes::corrupt},
             {"pref_address odd", 0x258, 0x1000001, 8, exit_codes::corrupt},
             {"command line 0", 0x238, 0, 4, exit_codes::corrupt},
             {"command line 4 GiB", 0x238, 0xffffffff, 4, exit_codes::corrupt},
         }) {
        INFO(c.what);
        auto file = fixtures::bzimage();
        std::memcpy(file.data() + c.at, &c.value, c.size);
        const auto image = parse_bzimage(file, "vmlinuz");
        REQUIRE_FALSE(image);
        CHECK(exit_code(image.error()) == c.code);
    }
    auto file = fixtures::bzimage();
    fixtures::poke(file, 0x20e,
                   std::uint16_t{0xffff}); // its version text would lie outside the setup sectors
    CHECK(parse_bzimage(file, "vmlinuz")->version.empty());
}
