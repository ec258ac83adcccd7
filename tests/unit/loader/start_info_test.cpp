// SPDX-License-Identifier: GPL-2.0-or-later
#include "fixtures.h"
#include "loader/image/elf_kernel.h"
#include "loader/start_info.h"
#include "wrapped.h"

#include <catch2/catch.hpp>

using namespace kdumpkit;
using namespace kdumpkit::loader;
using Catch::Matchers::Contains;

namespace {

struct Case {
    std::vector<std::byte> file = fixtures::vmlinux().file();
    Kernel image = *parse_elf_kernel(file, "vmlinux");
    Machine machine = fixtures::machine();
    BootParamsWish wish{image,
                        machine,
                        0x3ef00000,
                        8192,
                        "console=ttyS0 x",
                        {0x3e000000, 0x3e012345},
                        {{{0x1000, 0x9fc00}, E820Type::ram}, {{0x3ffd7000, 0x40000000}, E820Type::acpi}}};
};

} // namespace

TEST_CASE("the start info has the initrd as its module, the memory map and the command line") {
    Case c;
    c.machine.efi_systab = "ACPI20=0x3f7fe014\n";
    const auto bytes = build_start_info(c.wish);
    REQUIRE(bytes);
    const ByteReader info(*bytes);
    CHECK(info.u32(0) == 0x336ec578);
    CHECK(info.u32(4) == 1);  // version
    CHECK(info.u32(8) == 0);  // flags
    CHECK(info.u32(12) == 1); // modules
    CHECK(info.u64(32) == 0x3f7fe014);
    CHECK(info.u32(48) == 2); // ranges
    CHECK(info.u32(52) == 0);
    const auto at = [&](std::size_t field) { return *info.u64(field) - c.wish.address; };

    CHECK(info.u64(at(16)) == 0x3e000000);
    CHECK(info.u64(at(16) + 8) == 0x12345);
    CHECK(info.u64(at(16) + 16) == 0); // no command line of its own
    CHECK(info.u64(at(16) + 24) == 0);

    const std::size_t map = at(40);
    CHECK(map % 8 == 0);
    CHECK(info.u64(map) == 0x1000);
    CHECK(info.u64(map + 8) == 0x9ec00);
    CHECK(info.u32(map + 16) == 1);
    CHECK(info.u32(map + 20) == 0);
    CHECK(info.u64(map + 24) == 0x3ffd7000);
    CHECK(info.u64(map + 32) == 0x29000);
    CHECK(info.u32(map + 40) == 3);

    CHECK(as_text(Bytes(*bytes).subspan(at(24))) == std::string("console=ttyS0 x") + '\0');
}

TEST_CASE("a start info without an initrd has no module") {
    Case c;
    c.wish.initrd = {};
    const auto bytes = build_start_info(c.wish);
    REQUIRE(bytes);
    CHECK(ByteReader(*bytes).u32(12) == 0);
    CHECK(ByteReader(*bytes).u64(16) == 0);
    CHECK(ByteReader(*bytes).u64(32) == 0); // BIOS: the kernel looks for the RSDP itself
}

TEST_CASE("a start info that a kernel would not read whole is refused") {
    const auto says = [](const Case& c) {
        const auto bytes = build_start_info(c.wish);
        REQUIRE_FALSE(bytes);
        CHECK(exit_code(bytes.error()) == exit_codes::unsupported);
        return bytes.error().message();
    };
    Case small;
    small.wish.room = 100;
    CHECK_THAT(says(small), Contains("100 are set aside"));
    Case high;
    high.wish.address = 0x40000000 - 100;
    CHECK_THAT(says(high), Contains("first GiB"));
    Case initrd;
    initrd.wish.initrd = {0xfffff000, 0x100000001};
    CHECK_THAT(says(initrd), Contains("below 4 GiB"));
    Case map;
    map.wish.memory_map.assign(most_start_info_ranges, {{0, 0x1000}, E820Type::ram});
    CHECK(build_start_info(map.wish));
    map.wish.memory_map.push_back({{0x1000, 0x2000}, E820Type::reserved});
    CHECK_THAT(says(map), Contains("129 ranges") && Contains("--entry 64-bit"));
}
