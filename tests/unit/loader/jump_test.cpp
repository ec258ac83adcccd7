// SPDX-License-Identifier: GPL-2.0-or-later
#include "fixtures.h"
#include "loader/jump.h"
#include "loader/jump_back.h"
#include "loader/purgatory/parameters.h"
#include "loader/purgatory_blob.h"
#include "loader/reboot.h"

#include <algorithm>
#include <cstring>

#include <catch2/catch.hpp>

using namespace kdumpkit;
using namespace kdumpkit::loader;
using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;

namespace {

constexpr std::uint64_t mebibyte = std::uint64_t{1} << 20;

RangeSet covered(const std::vector<LoadedSegment>& segments) {
    RangeSet set;
    for (const LoadedSegment& segment : segments)
        set.add(segment.memory);
    return set;
}

// Where the processor finds the byte at `address` with the tables at `root`, which lie at `base` in `bytes`.
std::optional<std::uint64_t> translate(Bytes bytes, std::uint64_t base, std::uint64_t root, bool five_levels,
                                       std::uint64_t address) {
    std::uint64_t table = root;
    for (unsigned shift = five_levels ? 48 : 39; shift > 21; shift -= 9) {
        const auto entry = ByteReader(bytes).u64(table - base + (address >> shift & 511) * 8);
        if (!entry || (*entry & 1) == 0)
            return std::nullopt;
        table = align_down(*entry, page);
    }
    const auto entry = ByteReader(bytes).u64(table - base + (address >> 21 & 511) * 8);
    if (!entry || (*entry & 0x81) != 0x81)
        return std::nullopt;
    return align_down(*entry, 2 * mebibyte) + address % (2 * mebibyte);
}

} // namespace

TEST_CASE("a kernel that may return has segments over all the memory that it is told of") {
    const auto kernel = fixtures::bzimage(), initrd = fixtures::initrd();
    RebootWish wish;
    wish.context_memory = 64 * mebibyte;
    const auto load = prepare_reboot(fixtures::machine(), {kernel, "k", initrd, "i"}, wish);
    REQUIRE(load);
    CHECK(load->returns);
    const auto segments = load->segments();
    CHECK(ram_of(load->memory_map) == covered(segments));
    CHECK(ram_of(load->memory_map).total() >= 64 * mebibyte);
    CHECK(ram_of(load->memory_map).total() < 65 * mebibyte);
    CHECK(check_segments(segments, load->plan.rooms, load->entry));
    const auto iomem = parse_iomem(fixtures::machine().iomem);
    CHECK(covered(segments).intersection(running_kernel(*iomem)).empty());
    CHECK_FALSE(running_kernel(*iomem).empty());
    CHECK(std::ranges::any_of(segments, [](const auto& s) { return s.memory.end <= 0xa0000; }));

    CHECK_THAT(load->command_line, !Contains("crashkernel"));
    CHECK_THAT(load->command_line, EndsWith(" nr_cpus=1 kdumpkit.return=0x0000000000000000"));
    const auto parameters =
        ByteReader(load->purgatory).raw<purgatory::Parameters>(purgatory::Parameters::offset);
    const std::uint64_t digits = parameters->return_digits - load->plan.segment("bootparams").memory.begin;
    CHECK(as_text(Bytes(load->boot_params).subspan(digits - 18, 35)) ==
          std::string("kdumpkit.return=0x0000000000000000") + '\0');
}

TEST_CASE("an ordinary kernel for a reboot knows no way back") {
    const auto kernel = fixtures::bzimage();
    Machine machine = fixtures::machine();
    machine.command_line += " kdumpkit.return=0x00000000deadb000";
    const auto load = prepare_reboot(machine, {kernel, "k", {}, ""}, {});
    REQUIRE(load);
    CHECK_FALSE(load->returns);
    CHECK_THAT(load->command_line, !Contains("return"));
    CHECK(ByteReader(load->purgatory)
              .raw<purgatory::Parameters>(purgatory::Parameters::offset)
              ->return_digits == 0);
}

TEST_CASE("memory that is too small for a kernel that may return is named, with what to do") {
    const auto kernel = fixtures::bzimage();
    RebootWish wish;
    for (const auto& [size, says] : {std::pair{mebibyte, "--memory"}, {~0ULL - 4096, "less with --memory"}}) {
        wish.context_memory = size;
        const auto load = prepare_reboot(fixtures::machine(), {kernel, "k", {}, ""}, wish);
        REQUIRE_FALSE(load);
        CHECK_THAT(load.error().message(), Contains(says));
    }
}

TEST_CASE("the way back stands at the end of the parameters, once, and one CPU unless told") {
    CHECK(with_return("a") == "a nr_cpus=1 kdumpkit.return=0x0000000000000000");
    CHECK(with_return("maxcpus=2 b -- c") == "maxcpus=2 b kdumpkit.return=0x0000000000000000 -- c");
    const std::string line = with_return("nosmp");
    CHECK(line.substr(return_digits_in(line)) == "0000000000000000");
    CHECK_FALSE(return_address(line)); // nobody filled it in
    CHECK_FALSE(return_address("root=/dev/vda"));
    CHECK_FALSE(return_address("kdumpkit.return=0xnothing"));
    CHECK(return_address("a kdumpkit.return=0x00000000deadb0a5 b") == 0xdeadb0a5);
    CHECK(*compose_reboot_line("", {line, "x"}) == "nosmp x");
}

TEST_CASE("the trampoline jumps with tables that map memory and target to themselves") {
    const RangeSet memory{{0x1000, 0x9f000}, {0x3f000000, 0x47000000}, {0x1c0000000, 0x1c0001000}};
    for (const bool five_levels : {false, true}) {
        const Trampoline trampoline{memory, 0x123'0000'0123, five_levels};
        const std::uint64_t at = 0x46fe0000;
        const auto bytes = trampoline.at(at);
        CHECK(bytes.size() == trampoline.size());
        // mov $tables, %rax; mov %rax, %cr3; mov $target, %rax; jmp *%rax
        const ByteReader reader(bytes);
        CHECK(reader.u16(0) == 0xb848);
        const std::uint64_t root = reader.u64(2).value_or(0);
        CHECK(root == at + page);
        CHECK(as_text(Bytes(bytes).subspan(10, 5)) == "\x0f\x22\xd8\x48\xb8");
        CHECK(reader.u64(15) == trampoline.target);
        CHECK(reader.u16(23) == 0xe0ff);
        for (const std::uint64_t address :
             {0x1000ULL, 0x3fffffffULL, 0x40000000ULL, 0x46fe0000ULL, 0x1c0000fffULL})
            CHECK(translate(bytes, at, root, five_levels, address) == address);
        CHECK_FALSE(translate(bytes, at, root, five_levels, 0x80000000));
        CHECK(translate(bytes, at, root, five_levels, trampoline.target) == trampoline.target);
    }
}

TEST_CASE("only a kernel that was jumped into can jump back") {
    Machine machine = fixtures::machine();
    const auto none = prepare_jump_back(machine);
    REQUIRE_FALSE(none);
    CHECK(exit_code(none.error()) == exit_codes::absent);
    CHECK_THAT(none.error().message(), Contains("--preserve-context"));
    machine.command_line += " kdumpkit.return=0xffffffffffffffff";
    CHECK_FALSE(prepare_jump_back(machine));
    machine.command_line = "kdumpkit.return=0x000000013370b0a5";
    const auto back = prepare_jump_back(machine);
    REQUIRE(back);
    const auto iomem = parse_iomem(machine.iomem);
    CHECK(system_ram(*iomem).contains(back->place));
    CHECK(back->place.size() == back->trampoline.size());
    CHECK(running_kernel(*iomem).intersection(RangeSet{back->place}).empty());
    CHECK(ByteReader(back->trampoline).u64(15) == 0x13370b0a5);
}
