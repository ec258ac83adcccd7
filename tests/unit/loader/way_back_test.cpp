// SPDX-License-Identifier: GPL-2.0-or-later
#include "loader/way_back.h"

#include <array>

#include <catch2/catch.hpp>

using namespace kdumpkit;
using namespace kdumpkit::loader;

TEST_CASE("a kernel that does not load its descriptor table again faults when the other one returns") {
    // popf; lgdt disp32(%rax); mov %rbp, %rax: as 6.12.117 has it.
    constexpr std::array<std::uint8_t, 11> mended{0x9d, 0x0f, 0x01, 0x90, 0x00, 0x10,
                                                  0x20, 0x82, 0x48, 0x89, 0xe8};
    // lidt, lgdt's neighbour; vmcall, which has no operand in memory; an opcode cut off.
    constexpr std::array<std::uint8_t, 12> faulty{0x0f, 0x01, 0x98, 0x00, 0x10, 0x20,
                                                  0x82, 0x0f, 0x01, 0xd1, 0x0f, 0x01};
    CHECK(way_back(bytes_of(mended)) == WayBack::sound);
    CHECK(way_back(bytes_of(faulty)) == WayBack::faults);
    CHECK(way_back({}) == WayBack::unknown);
}

TEST_CASE("a symbol is found by its whole name, and not when addresses are hidden") {
    constexpr std::string_view symbols = "ffffffff81000000 T _text\n"
                                         "ffffffff81068000 t relocate_kernel_size\n"
                                         "ffffffff81068800 t do_relocate_kernel\n"
                                         "ffffffffc0000000 t relocate_kernel\t[module]\n"
                                         "ffffffff81069000 T relocate_kernel\n";
    CHECK(symbol_address(symbols, "relocate_kernel") == 0xffffffff81069000);
    CHECK(symbol_address(symbols, "_text") == 0xffffffff81000000);
    CHECK_FALSE(symbol_address(symbols, "relocate"));
    CHECK_FALSE(symbol_address("0000000000000000 T relocate_kernel\n", "relocate_kernel"));
    CHECK_FALSE(symbol_address("", "relocate_kernel"));
}
