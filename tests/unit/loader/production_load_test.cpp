// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/sha256.h"
#include "fixtures.h"
#include "loader/identity_map.h"
#include "loader/production_load.h"
#include "loader/purgatory/parameters.h"
#include "loader/segment.h"

#include <algorithm>

#include <catch2/catch.hpp>

using namespace kdumpkit;
using namespace kdumpkit::loader;
using Catch::Matchers::Contains;

namespace {

constexpr std::uint64_t mebibyte = std::uint64_t{1} << 20;

// The guest of the fixtures, seen from a capture kernel in its reservation.
struct World {
    std::vector<std::byte> kernel = fixtures::bzimage(0x10000, 40 << 20), initrd = fixtures::initrd();
    Production production;
    Machine capture = fixtures::machine();
    // Of a core header that kexec_file_load made: nothing below 1 MiB, the kernel's image twice.
    std::vector<fixtures::KcoreLoad> loads = {{0, 0x2e400000, 0x2830000},
                                              {0, 0x100000, 0x33000000 - 0x100000},
                                              {0, 0x3f000000, 0x3ffd7000 - 0x3f000000}};

    World() {
        production.command_line = "root=/dev/sda1 crashkernel=192M";
        production.memory = {{"0x0", "0x9fbff", "System RAM"},
                             {"0x9fc00", "0x9ffff", "Reserved"},
                             {"0x100000", "0x3ffd6fff", "System RAM"},
                             {"0x3ffd7000", "0x3fffffff", "ACPI Tables"},
                             {"0x100000000", "0x10fffffff", "Persistent Memory"}};
        production.kernel = {"/vmlinuz", to_hex(sha256_of(kernel))};
        production.initrd = {"/initrd.img", to_hex(sha256_of(initrd))};
        capture.command_line = "reset_devices elfcorehdr=0x3e000000";
        capture.iomem = "00001000-0009ffff : System RAM\n33000000-3dffffff : System RAM\n";
        capture.firmware_memmap = {{"0x1000", "0x9ffff", "System RAM"},
                                   {"0x33000000", "0x3dffffff", "System RAM"}};
    }
    [[nodiscard]] Result<PreparedLoad> prepare(std::uint64_t memory = 150 * mebibyte) const {
        return prepare_production(production, capture, fixtures::kcore(loads),
                                  {kernel, "/boot/vmlinuz", initrd, "/boot/initrd.img"}, memory);
    }
    [[nodiscard]] Result<RangeSet> present() const {
        return present_memory(production, capture, fixtures::kcore(loads));
    }
};

} // namespace

TEST_CASE("a capture kernel gives production the whole machine and its own command line") {
    const World world;
    const auto load = world.prepare();
    REQUIRE(load);
    CHECK(load->command_line == "root=/dev/sda1 crashkernel=192M");
    CHECK(ram_of(load->memory_map) == RangeSet{{0, 0x9fc00}, {0x100000, 0x3ffd7000}});
    CHECK(std::ranges::any_of(load->memory_map,
                              [](const E820Entry& one) { return one.type == E820Type::persistent; }));
    CHECK(load->plan.segment("kernel").memory.begin ==
          0x1000000); // far outside of the capture kernel's memory
    CHECK(check_segments(load->segments(), load->plan.rooms, load->entry));
}

TEST_CASE("of the kernel only its bytes are loaded, and the page tables reach the rest") {
    const World world;
    const auto load = world.prepare();
    REQUIRE(load);
    const Range kernel = load->plan.segment("kernel").memory;
    CHECK(kernel.size() == 40 * mebibyte);
    const auto segments = load->segments();
    CHECK(segments.front().memory == Range{kernel.begin, kernel.begin + 0x10000});
    for (const LoadedSegment& segment : segments)
        CHECK((segment.memory.begin == kernel.begin || !segment.memory.overlaps(kernel)));
    const std::uint64_t tables = load->plan.segment("pagetables").memory.begin;
    const auto parameters =
        ByteReader(load->purgatory).raw<purgatory::Parameters>(purgatory::Parameters::offset);
    CHECK(parameters->page_tables == tables);
    CHECK(parameters->region_count == 4);
    CHECK(load->page_tables == build_identity_map(tables, true));
}

TEST_CASE("the identity map leads every address below 4 GiB to itself") {
    for (const bool five : {false, true}) {
        const std::uint64_t at = 0x12345000;
        const auto bytes = build_identity_map(at, five);
        REQUIRE(bytes.size() == identity_map_size(five));
        for (const std::uint64_t address :
             {std::uint64_t{0}, 0x1ff000UL, 0x200000UL, 0x3fffffffUL, 0x40000000UL, 0xffffffffUL}) {
            std::uint64_t table = at;
            for (int shift = five ? 48 : 39; shift >= 21; shift -= 9) {
                const std::uint64_t entry = *ByteReader(bytes).u64(table - at + (address >> shift & 511) * 8);
                CHECK((entry & 3) == 3);
                CHECK(((entry & 0x80) != 0) == (shift == 21));
                table = entry & ~0xfffULL;
            }
            CHECK(table == (address & ~0x1fffffULL));
        }
        CHECK(*ByteReader(bytes).u64(8) == 0);
    }
}

TEST_CASE("what the kernel would refuse is said with sizes") {
    const World world;
    const auto load = world.prepare(mebibyte / 8);
    REQUIRE_FALSE(load);
    CHECK_THAT(load.error().message(), Contains("this kernel permits half of the"));
}

TEST_CASE("files that changed are not started") {
    World world;
    world.kernel.back() ^= std::byte{1};
    CHECK(world.prepare().error().object == "/vmlinuz");
    world = World();
    world.initrd.back() ^= std::byte{1};
    CHECK(world.prepare().error().object == "/initrd.img");
    CHECK(world.prepare().error().kind == ErrorKind::corrupt);
}

TEST_CASE("memory of production and of the crashed kernel must agree") {
    World world;
    CHECK(world.present());
    // What a loader keeps for itself, and what the kernel took from the firmware's RAM, is small.
    world.loads[1] = {0, 0x4100000, 0x33000000 - 0x4100000};
    CHECK(world.present());
    world.loads[1] = {0, 0x8100000, 0x33000000 - 0x8100000};
    REQUIRE_FALSE(world.present());
    CHECK_THAT(world.present().error().message(), Contains("no longer had the memory at 0x100000-0x8100000"));

    world = World();
    world.loads.push_back(
        {0, 0x200000000, 0x10000000}); // hot-added since: the next kernel finds it through ACPI
    REQUIRE(world.present());
    CHECK(ram_of(world.prepare()->memory_map) == RangeSet{{0, 0x9fc00}, {0x100000, 0x3ffd7000}});

    world = World();
    world.production.memory[2] = {"0x100000", "0x32ffffff", "System RAM"};
    CHECK_THAT(world.present().error().message(), Contains("this kernel runs in memory at 0x33000000"));
}

TEST_CASE("a vmcore without headers, or with damaged ones, decides nothing") {
    World world;
    CHECK(present_memory(world.production, world.capture, {}).error().kind == ErrorKind::absent);
    auto headers = fixtures::kcore(world.loads);
    headers.resize(headers.size() - 1);
    CHECK(present_memory(world.production, world.capture, headers).error().kind == ErrorKind::corrupt);
    world.loads[0] = {0, ~std::uint64_t{0} - 1, 0x1000};
    CHECK(world.present().error().kind == ErrorKind::corrupt);
}

TEST_CASE("EFI that this kernel cannot hand on is no start") {
    World world;
    world.production.efi = true;
    CHECK(world.prepare().error().kind == ErrorKind::unsupported);
}
