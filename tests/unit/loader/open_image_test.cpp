// SPDX-License-Identifier: GPL-2.0-or-later
#include "loader/image/open.h"
#include "packed.h"
#include "wrapped.h"

#include <catch2/catch.hpp>

using namespace kdumpkit;
using namespace kdumpkit::loader;
using namespace std::string_literals;
using Catch::Matchers::Contains;
using fixtures::bytes;

namespace {
std::vector<std::byte> uki() {
    return fixtures::pe({{".text", bytes("stub")},
                         {".osrel", bytes("ID=debian\n")},
                         {".cmdline", bytes("root=/dev/vda ro\n\0"s)},
                         {".uname", bytes("6.1.0-test")},
                         {".initrd", fixtures::initrd(700)},
                         {".linux", fixtures::bzimage()}});
}
} // namespace

TEST_CASE("a unified image gives its kernel, initrd and command line, at their exact sizes") {
    const auto file = uki();
    const auto image = open_image(file, "linux.efi");
    REQUIRE(image);
    CHECK(std::vector<std::byte>(image->kernel_file.begin(), image->kernel_file.end()) ==
          fixtures::bzimage());
    CHECK(image->kernel.version == "6.1.0-test");
    REQUIRE(image->unified);
    CHECK(std::vector<std::byte>(image->unified->initrd->begin(), image->unified->initrd->end()) ==
          fixtures::initrd(700));
    CHECK(image->unified->command_line == "root=/dev/vda ro");
    CHECK(image->unified->os_release == "ID=debian\n");
    CHECK(image->unified->release == "6.1.0-test");
    CHECK(image->text() == "bzImage 6.1.0-test in a unified kernel image");
}

TEST_CASE("of a unified image with profiles the base and the first profile count") {
    const auto file = fixtures::pe({{".linux", fixtures::bzimage()},
                                    {".cmdline", bytes("base")},
                                    {".profile", bytes("ID=a")},
                                    {".cmdline", bytes("first")},
                                    {".profile", bytes("ID=b")},
                                    {".cmdline", bytes("second")}});
    CHECK(open_image(file, "x")->unified->command_line == "first");
}

TEST_CASE("wrappings are taken off in any order, and told") {
    const auto kernel = fixtures::bzimage();
    const auto packed = fixtures::packed(Compression::zstd, uki());
    const auto image = open_image(packed, "linux.efi.zst");
    REQUIRE(image);
    CHECK(image->text() == "bzImage 6.1.0-test in a unified kernel image in zstd");
    const auto zboot = fixtures::zboot(fixtures::packed(Compression::gzip, kernel), "gzip");
    CHECK(open_image(zboot, "x")->text() == "bzImage 6.1.0-test in gzip in an EFI zboot kernel");
    auto onion = kernel;
    for (int i = 0; i < 4; ++i)
        onion = fixtures::packed(Compression::gzip, onion);
    CHECK(open_image(onion, "x"));
    onion = fixtures::packed(Compression::gzip, onion);
    CHECK(exit_code(open_image(onion, "x").error()) == exit_codes::unsupported);
}

TEST_CASE("an opened image may be moved and copied: what it points to stays") {
    std::optional<OpenedImage> copy;
    const auto packed = fixtures::packed(Compression::xz, fixtures::bzimage());
    {
        auto opened = open_image(packed, "x");
        copy = *opened;
        OpenedImage moved = std::move(*opened);
        CHECK(moved.kernel.content.size() == 0x10000);
    }
    CHECK(std::ranges::equal(copy->kernel.content, Bytes(fixtures::bzimage()).subspan(5 * 512)));
}

TEST_CASE("what holds no kernel is named, through its wrappings") {
    const auto zip = [](const std::vector<std::byte>& content) {
        return fixtures::packed(Compression::gzip, content);
    };
    std::vector<std::byte> tar(512);
    std::memcpy(tar.data() + 257, "ustar", 5);
    auto module = fixtures::vmlinux();
    module.header.e_type = ET_REL;
    auto core = fixtures::vmlinux();
    core.header.e_type = ET_CORE;
    auto program = fixtures::vmlinux();
    program.programs[0].p_vaddr = program.programs[0].p_paddr = 0x400000;
    auto foreign = fixtures::vmlinux();
    foreign.header.e_machine = EM_AARCH64;
    auto boot_sector = std::vector<std::byte>(512);
    fixtures::poke(boot_sector, 0x1fe, std::uint16_t{0xaa55});
    const auto cut_program = [](std::size_t size) {
        auto file = fixtures::pe({{".text", fixtures::initrd(5000)}});
        file.resize(size);
        return file;
    };
    struct Case {
        std::vector<std::byte> file;
        const char* says;
        int code = exit_codes::invalid;
    };
    for (const Case& c : std::vector<Case>{
             {{}, "an empty file", exit_codes::corrupt},
             {zip({}), "an empty file in gzip", exit_codes::corrupt},
             {zip(tar), "a tar archive in gzip"},
             {zip(fixtures::initrd()), "an initramfs (cpio archive) in gzip"},
             {fixtures::packed(Compression::zstd, module.file()),
              "a kernel module or object file (ELF) in zstd"},
             {core.file(), "an ELF core dump"},
             {program.file(), "an ELF program"},
             {foreign.file(), "an ELF file of another machine (AArch64)"},
             {fixtures::pe({{".text", bytes("x")}}), "an EFI program without a Linux kernel"},
             {cut_program(0x500), "a truncated kernel", exit_codes::corrupt}, // in a section
             {cut_program(0xb0), "a truncated kernel", exit_codes::corrupt},  // in the header
             {fixtures::pe({{".linux", bytes("#!/bin/sh\n")}}), "a script in a unified kernel image"},
             {fixtures::pe({{".linux", {}}}), "its section .linux is empty", exit_codes::corrupt},
             {zip(fixtures::arm64_image()), "an arm64 kernel Image in gzip"},
             {fixtures::zboot(zip(fixtures::arm64_image()), "gzip"),
              "an arm64 kernel Image in gzip in an EFI zboot"},
             {bytes("#!/bin/sh\nexec x\n"), "a script"},
             {bytes("plain words\n"), "a text file"},
             {bytes("!<arch>\ndebian-binary   \1"), "a package"},
             {bytes("\xd0\x0d\xfe\xed\0\0"s), "a device tree"},
             {boot_sector, "an x86 boot sector"},
             {bytes("BZh91AY&SY"), "compressed by bzip2", exit_codes::unsupported},
         }) {
        INFO(c.says);
        const auto image = open_image(c.file, "/boot/x");
        REQUIRE_FALSE(image);
        CHECK(exit_code(image.error()) == c.code);
        CHECK_THAT(image.error().message(), Contains(c.says) && Contains("/boot/x") && Contains("next: "));
    }
}

TEST_CASE("a unified or zboot image cut anywhere, or lying, is refused or opened, never read outside") {
    const auto whole = uki();
    for (std::size_t size = 0; size < whole.size(); size += 61) {
        // A copy, so that reading beyond its end is seen by a sanitizer.
        const std::vector<std::byte> cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
        CHECK_FALSE(open_image(cut, "cut"));
    }
    auto cut = whole;
    cut.resize(whole.size() - 0x8000);
    CHECK_THAT(open_image(cut, "cut").error().message(), Contains("truncated inside its section .linux"));
    auto image = uki();
    for (std::size_t at = 0; at < 0x200; ++at) {
        const std::byte old = image[at];
        for (const std::byte value : {std::byte{0}, std::byte{0xff}, std::byte{0x80}}) {
            image[at] = value;
            (void)open_image(image, "x");
        }
        image[at] = old;
    }
    auto zboot = fixtures::zboot(fixtures::packed(Compression::gzip, fixtures::bzimage()), "gzip");
    fixtures::poke(zboot, 12, ~std::uint32_t{0});
    CHECK_THAT(open_image(zboot, "x").error().message(), Contains("reaches beyond"));
}
