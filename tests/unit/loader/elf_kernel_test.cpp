// SPDX-License-Identifier: GPL-2.0-or-later
#include "loader/image/elf_kernel.h"
#include "wrapped.h"

#include <functional>

#include <catch2/catch.hpp>

using namespace kdumpkit;
using namespace kdumpkit::loader;
using Catch::Matchers::Contains;

TEST_CASE("a vmlinux is laid out as it lies in memory") {
    const auto file = fixtures::vmlinux().file();
    const auto kernel = parse_elf_kernel(file, "vmlinux");
    REQUIRE(kernel);
    CHECK(kernel->kind == "ELF vmlinux");
    CHECK(kernel->entry64 == 0x40);
    CHECK(kernel->pref_address == 0x1000000);
    CHECK(kernel->init_size == 0x300000);
    CHECK(kernel->content.size() == 0x201000);
    CHECK(kernel->relocatable);
    CHECK(kernel->alignment == 0x200000);
    CHECK(kernel->version == "6.1.0-elf (x@y) #1");
    CHECK(kernel->pvh == PvhEntry{0x10001d0, 0, {}});
    CHECK(kernel->content[0x40] == std::byte{0x90});
    CHECK(kernel->content[0x2000] == std::byte{0}); // between the segments
    // What the kernel looks at in the zero page: the magic number, the protocol's version.
    const ByteReader header(kernel->setup_header);
    CHECK(header.u32(0x202 - 0x1f1) == 0x53726448);
    CHECK(header.u16(0x206 - 0x1f1) == 0x020f);
}

TEST_CASE("a vmlinux that lies about itself is refused") {
    struct Case {
        const char* what;
        std::function<void(fixtures::VmlinuxParts&)> spoil;
        const char* says;
    };
    for (const Case& c : std::vector<Case>{
             {"segment beyond the file", [](auto& p) { p.programs[1].p_offset = 0x100000; }, "truncated"},
             {"more in the file than in memory", [](auto& p) { p.programs[1].p_filesz = 0x200000; },
              "contradicts"},
             {"address wraps", [](auto& p) { p.programs[1].p_paddr = ~0ULL - 0x1000; }, "contradicts"},
             {"1 TiB apart", [](auto& p) { p.programs[1].p_paddr = 1ULL << 40; }, "span"},
             {"odd address", [](auto& p) { p.programs[0].p_paddr = 0x1001000; }, "not on 2 MiB"},
             {"entry outside, and no other",
              [](auto& p) {
                  p.header.e_entry = 0xffffffff81000000;
                  p.programs.back().p_filesz = 0;
              },
              "entry"},
             {"entry in the bss", [](auto& p) { p.header.e_entry = 0x1250000; }, "no code at its entry"},
             {"program headers beyond the file", [](auto& p) { p.header.e_phoff = 0x100000; }, "truncated"},
             {"program headers wrap", [](auto& p) { p.header.e_phoff = ~0ULL; }, "truncated"},
             {"overlapping segments", [](auto& p) { p.programs[1].p_paddr = p.programs[0].p_paddr; },
              "lies on"},
             {"65535 program headers", [](auto& p) { p.header.e_phnum = 65535; }, "truncated"},
         }) {
        INFO(c.what);
        auto parts = fixtures::vmlinux();
        c.spoil(parts);
        const auto kernel = parse_elf_kernel(parts.file(), "vmlinux");
        REQUIRE_FALSE(kernel);
        CHECK_THAT(kernel.error().message(), Contains(c.says) && Contains("next: "));
    }
    const auto whole = fixtures::vmlinux().file();
    for (std::size_t size = 0; size < whole.size() - 0x2000; size += 37) {
        const std::vector<std::byte> cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
        CHECK_FALSE(parse_elf_kernel(cut, "cut"));
    }
    // A small file must not make much work: headers that are all there, and too many.
    auto many = fixtures::vmlinux();
    many.header.e_phoff = many.file().size();
    many.header.e_phnum = 60000;
    auto bytes = many.file();
    bytes.resize(bytes.size() + std::size_t{60000} * 56);
    const auto copy = bytes.begin() + static_cast<std::ptrdiff_t>(many.header.e_phoff);
    std::ranges::copy(bytes_of(many.programs[0]), copy); // so that it is a kernel
    CHECK_THAT(parse_elf_kernel(bytes, "x").error().message(), Contains("60000 program headers"));
    // Notes that lead in circles or outside are passed over.
    auto parts = fixtures::vmlinux();
    fixtures::poke(parts.content, 0x4000, ~std::uint32_t{0});
    CHECK_FALSE(parse_elf_kernel(parts.file(), "x")->pvh);
}

TEST_CASE("the notes of a vmlinux say where its PVH entry permits it to lie") {
    auto parts = fixtures::vmlinux(true);
    const auto pvh = [&] { return parse_elf_kernel(parts.file(), "x")->pvh; };
    CHECK(pvh() == PvhEntry{0x10001d0, 0x400000, {0x1000000, 0x40000000}});
    fixtures::poke(parts.content, 0x4018 + 4, std::uint32_t{4}); // the alignment only
    CHECK(pvh() == PvhEntry{0x10001d0, 0x400000, {0, 0x100000000}});
    for (const std::uint32_t alignment : {0U, 0x300000U}) {
        fixtures::poke(parts.content, 0x4018 + 16, alignment);
        CHECK(pvh() == PvhEntry{0x10001d0, 0, {}});
    }
}

TEST_CASE("a kernel may have a PVH entry only") {
    auto parts = fixtures::vmlinux();
    parts.header.e_entry = 0xffffffff81000000;
    const auto kernel = parse_elf_kernel(parts.file(), "x");
    REQUIRE(kernel);
    CHECK_FALSE(kernel->entry64);
    CHECK(kernel->pvh);
}
