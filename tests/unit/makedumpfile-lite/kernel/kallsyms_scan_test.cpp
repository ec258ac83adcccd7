// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/kernel/kallsyms_tables.h"
#include "tests/unit/makedumpfile-lite/kernel/tables.h"

#include <catch2/catch.hpp>

using namespace kdumpkit;
using namespace kdumpkit::dump;
using test::Machine;

namespace {

// A kernel image with a symbol table that VMCOREINFO does not name, as Linux 5.10 lays it out.
struct OldMachine : Machine {
    static constexpr std::uint64_t start = 0x1200000; // of the offsets, physical
    static constexpr std::uint64_t base = image_vaddr + 0x1000000;
    static constexpr std::uint32_t count = 1000;
    std::uint64_t base_at = 0, count_at = 0, names = 0, markers = 0, tokens = 0, index = 0;

    static std::uint64_t up(std::uint64_t value) { return (value + 7) & ~std::uint64_t{7}; }
    static std::string symbol(std::uint32_t number) {
        return number == 0     ? "_stext"
               : number == 700 ? "init_uts_ns"
               : number == 999 ? "__per_cpu_offset"
                               : fmt::format("symbol_{}", number);
    }
    static std::uint64_t address(std::uint32_t number) { return base + number * 32; }

    OldMachine() {
        base_at = up(start + count * 4);
        count_at = base_at + 8;
        names = count_at + 8;
        u64(base_at, base);
        u32(count_at, count);
        std::uint64_t at = names;
        std::vector<std::uint32_t> marks;
        for (std::uint32_t i = 0; i < count; ++i) {
            u32(start + i * 4, static_cast<std::uint32_t>(base - 1 - address(i)));
            if (i % 256 == 0)
                marks.push_back(static_cast<std::uint32_t>(at - names));
            const std::string name = "T" + symbol(i);
            u8(at, static_cast<std::uint8_t>(name.size()));
            put(at + 1, as_bytes(name));
            at += 1 + name.size();
        }
        markers = up(at);
        for (std::size_t i = 0; i < marks.size(); ++i)
            u32(markers + i * 4, marks[i]);
        tokens = up(markers + marks.size() * 4);
        std::vector<std::uint16_t> starts;
        at = tokens;
        for (unsigned i = 0; i < 256; ++i) {
            starts.push_back(static_cast<std::uint16_t>(at - tokens));
            if (i > 32 && i < 127) // the others do not occur
                u8(at++, static_cast<std::uint8_t>(i));
            u8(at++, 0);
        }
        index = up(at);
        for (std::size_t i = 0; i < starts.size(); ++i)
            put(index + i * 2, bytes_of(starts[i]));
        info += fmt::format("SYMBOL(init_uts_ns)={:x}\n", address(700));
    }
    Result<Symbols> find() const {
        const VmcoreInfo vmcoreinfo = VmcoreInfo::parse(info);
        auto table = PageTable::open(vmcoreinfo, machine, name());
        REQUIRE(table);
        VirtualMemory memory(*this, *table);
        return find_symbols(memory, vmcoreinfo, {"__per_cpu_offset", "absent"});
    }
};

} // namespace

TEST_CASE("a symbol table that VMCOREINFO does not name is found by its form") {
    const OldMachine machine;
    const auto symbols = machine.find();
    REQUIRE(symbols);
    CHECK(symbols->size() == 1);
    CHECK(symbols->at("__per_cpu_offset") == OldMachine::address(999));
}

TEST_CASE("a symbol table behind a part of the image that is not there") {
    OldMachine machine;
    machine.lose({0x1080000, 0x1083000});
    CHECK(machine.find());
}

TEST_CASE("what only resembles a symbol table is none") {
    OldMachine machine;
    SECTION("a marker that no name begins at") {
        machine.u32(machine.markers + 8, 5000);
    }
    SECTION("markers that fall") {
        machine.u32(machine.markers + 4, 0xffff0000);
    }
    SECTION("another number of names") {
        machine.u32(machine.count_at, OldMachine::count - 1);
    }
    SECTION("a name of no length") {
        machine.u8(machine.names, 0);
    }
    SECTION("a token that does not begin where the index says") {
        machine.put(machine.index + 200 * 2, bytes_of(std::uint16_t{9}));
    }
    SECTION("no digits") {
        machine.u8(machine.tokens + 48 + 4, '!');
        for (std::uint64_t i = 0; i < 512; ++i)
            machine.u8(machine.tokens + i, 0);
    }
    SECTION("cut off") {
        machine.lose({machine.names + 4096, Machine::ram});
    }
    CHECK_FALSE(machine.find());
}

TEST_CASE("a symbol table whose addresses contradict VMCOREINFO is not believed") {
    OldMachine machine;
    machine.u64(machine.base_at, OldMachine::base + 64);
    CHECK_FALSE(machine.find());
}
