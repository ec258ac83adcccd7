// SPDX-License-Identifier: GPL-2.0-or-later
#include "fixtures.h"
#include "loader/bootparams.h"
#include "loader/image/bzimage.h"
#include "loader/segment.h"

#include <catch2/catch.hpp>

using namespace kdumpkit;
using namespace kdumpkit::loader;

namespace {

using Map = std::vector<E820Entry>;

// Built on demand: the image points into the file.
struct Wish {
    std::vector<std::byte> file = fixtures::bzimage();
    Kernel image = *parse_bzimage(file, "vmlinuz");
    Machine machine = fixtures::machine();
    Map map{{{0x1000, 0x9fc00}, E820Type::ram}};

    std::vector<std::byte> build(std::uint64_t address) {
        const std::uint64_t room = boot_params_room(image, machine, map.size());
        auto bytes = build_boot_params(
            {image, machine, address, room, "console=ttyS0 x", {0x3e000000, 0x3e012345}, map});
        REQUIRE(bytes);
        CHECK(bytes->size() <= room);
        return *bytes;
    }
};

} // namespace

TEST_CASE("the capture kernel's memory map has the usable ranges and what the firmware reserved") {
    const auto iomem = parse_iomem(fixtures::iomem);
    const RangeSet usable{{0x1000, 0x9fc00}, {0x33000000, 0x3ef5c000}, {0x3ef5d000, 0x3f000000}};
    const Map expected{{{0, 0x1000}, E820Type::reserved},
                       {{0x1000, 0x9fc00}, E820Type::ram},
                       {{0x9fc00, 0xa0000}, E820Type::reserved},
                       {{0xf0000, 0x100000}, E820Type::reserved},
                       {{0x33000000, 0x3ef5c000}, E820Type::ram},
                       {{0x3ef5d000, 0x3f000000}, E820Type::ram},
                       {{0x3ffd7000, 0x40000000}, E820Type::reserved},
                       {{0xfffc0000, 0x100000000}, E820Type::reserved},
                       {{0xfd00000000, 0x10000000000}, E820Type::reserved}};
    CHECK(new_memory_map(*iomem, {}, usable) == expected);
    CHECK(ram_of(expected) == usable);
    // Memory below 1 MiB is no exception.
    CHECK(ram_of(new_memory_map(*iomem, {}, RangeSet{{0x33000000, 0x3f000000}})) ==
          RangeSet{{0x33000000, 0x3f000000}});
}

TEST_CASE("the firmware's own map is preferred, and RAM yields to it") {
    const auto iomem = parse_iomem(fixtures::iomem);
    const std::vector<FirmwareRange> firmware{
        {"0x0", "0x9fbff", "System RAM"},
        {"0x9f000", "0x9ffff", "Reserved"}, // overlaps RAM
        {"0x3ff00000", "0x3ff0ffff", "ACPI Tables"},
        {"0x3ff10000", "0x3ff1ffff", "ACPI Non-volatile Storage"},
        {"0x3ff18000", "0x3ff2ffff", "Reserved"}, // overlaps the one before
        {"0x50000000", "0x4fffffff", "Reserved"}, // backwards
        {"junk", "0x1", "Reserved"},
        {"0x100000000", "0x1ffffffff", "Persistent Memory"}};
    const Map expected{
        {{0x1000, 0x9f000}, E820Type::ram},        {{0x9f000, 0xa0000}, E820Type::reserved},
        {{0x33000000, 0x34000000}, E820Type::ram}, {{0x3ff00000, 0x3ff10000}, E820Type::acpi},
        {{0x3ff10000, 0x3ff20000}, E820Type::nvs}, {{0x3ff20000, 0x3ff30000}, E820Type::reserved}};
    CHECK(new_memory_map(*iomem, firmware, RangeSet{{0x1000, 0x9fc00}, {0x33000000, 0x34000000}}) ==
          expected);
}

TEST_CASE("the zero page carries the setup header, the initrd, the command line and the map") {
    Wish wish;
    const auto bytes = wish.build(0x3ef00000);
    const ByteReader reader(bytes);
    CHECK(as_text(Bytes(bytes).subspan(0x202, 4)) == "HdrS");
    CHECK(reader.u8(0x1ef) == 0); // the sentinel
    CHECK(reader.u8(0x210) == 0xff);
    CHECK(reader.u32(0x218) == 0x3e000000);
    CHECK(reader.u32(0x21c) == 0x12345);
    CHECK(reader.u32(0x0c0) == 0);
    CHECK(reader.u32(0x228) == 0x3ef01000);
    CHECK(reader.c_string(0x1000, 100) == "console=ttyS0 x");
    CHECK(reader.u8(0x1e8) == 1);
    CHECK(reader.u64(0x2d0) == 0x1000);
    CHECK(reader.u64(0x2d8) == 0x9ec00);
    CHECK(reader.u32(0x2e0) == 1);
    CHECK(reader.u64(0x250) == 0); // no setup_data
    CHECK(reader.u64(0x070) == 0);
}

TEST_CASE("above 4 GiB the upper halves of the addresses are filled in") {
    Wish wish;
    const auto bytes = wish.build(0x17ef00000);
    CHECK(ByteReader(bytes).u32(0x228) == 0x7ef01000);
    CHECK(ByteReader(bytes).u32(0x0c8) == 1);
    const auto high =
        build_boot_params({wish.image, wish.machine, 0x17ef00000, 65536, "", {0x170000000, 0x170001000}, {}});
    CHECK(ByteReader(*high).u32(0x0c0) == 1);
    CHECK(ByteReader(*high).u32(0x218) == 0x70000000);
    CHECK(ByteReader(*high).u32(0x0c4) == 0);
}

TEST_CASE("more ranges than the zero page holds go on in setup_data") {
    Wish wish;
    wish.map.clear();
    for (std::uint64_t i = 0; i < 200; ++i)
        wish.map.push_back({{i * 0x2000, i * 0x2000 + 0x1000}, E820Type::reserved});
    const auto bytes = wish.build(0x10000000);
    const ByteReader reader(bytes);
    CHECK(reader.u8(0x1e8) == 128);
    const std::uint64_t at = *reader.u64(0x250) - 0x10000000;
    CHECK(reader.u64(at) == 0);     // the last of the list
    CHECK(reader.u32(at + 8) == 1); // SETUP_E820_EXT
    CHECK(reader.u32(at + 12) == 72 * 20);
    CHECK(reader.u64(at + 16) == 128 * 0x2000);
    CHECK(reader.u64(at + 16 + 71 * 20) == 199 * 0x2000);
    const auto tight = build_boot_params({wish.image, wish.machine, 0, page, "", {}, wish.map});
    CHECK(exit_code(tight.error()) == exit_codes::unsupported);
}

TEST_CASE("the RSDP comes from the boot parameters, else from the EFI system table") {
    Machine machine;
    CHECK(acpi_rsdp(machine) == 0);
    machine.efi_systab = "MPS=0x1\nACPI=0xbf77d000\nACPI20=0xbf77e014\nSMBIOS=0xbf5c";
    CHECK(acpi_rsdp(machine) == 0xbf77e014);
    machine.efi_systab = "ACPI=0xbf77d000";
    CHECK(acpi_rsdp(machine) == 0xbf77d000);
    machine.boot_params.resize(4096);
    fixtures::poke(machine.boot_params, 0x70, std::uint64_t{0xf59c0});
    CHECK(acpi_rsdp(machine) == 0xf59c0);
}

TEST_CASE("screen, secure boot and EFI are handed on from production") {
    Wish wish;
    wish.machine.boot_params.resize(4096, std::byte{0x11});
    std::memcpy(wish.machine.boot_params.data() + 0x1c0, "EL64", 4);
    wish.machine.efi_fw_vendor = "0xbf000100";
    wish.machine.efi_config_table = "0xbf000200";
    wish.machine.efi_runtime_map = {
        {"0x5", "0xbf500000", "0xfffffffeefa00000", "0x30", "0x800000000000000f"},
        {"0x6", "0xbf700000", "0xfffffffeefc00000", "0x10", "0x800000000000000f"}};
    const auto bytes = wish.build(0x10000000);
    const ByteReader reader(bytes);
    CHECK(reader.u8(0x000) == 0x11);
    CHECK(reader.u8(0x1ec) == 0x11);
    CHECK(reader.u8(0x1ef) == 0);
    CHECK(reader.u32(0x1c4) == 0x11111111); // the system table
    CHECK(reader.u32(0x1c8) == 40);
    CHECK(reader.u32(0x1d4) == 80);
    const std::uint64_t map = *reader.u32(0x1d0) - 0x10000000;
    CHECK(reader.u32(map) == 5);
    CHECK(reader.u64(map + 8) == 0xbf500000);
    CHECK(reader.u64(map + 16) == 0xfffffffeefa00000);
    CHECK(reader.u64(map + 40 + 24) == 0x10);
    const std::uint64_t data = *reader.u64(0x250) - 0x10000000;
    CHECK(reader.u32(data + 8) == 4); // SETUP_EFI
    CHECK(reader.u32(data + 12) == 96);
    CHECK(reader.u64(data + 16) == 0xbf000100);
    CHECK(reader.u64(data + 32) == 0xbf000200);
    // Above 4 GiB the map's address has an upper half.
    CHECK(reader.u32(0x1dc) == 0);
    const auto high = wish.build(0x310000000);
    CHECK(*ByteReader(high).u32(0x1d0) - 0x10000000 == map);
    CHECK(ByteReader(high).u32(0x1dc) == 3);
    // Half of it is worse than nothing.
    wish.machine.efi_runtime_map.clear();
    CHECK(ByteReader(wish.build(0x10000000)).u32(0x1c0) == 0);
}
