// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/kernel/kernel.h"
#include "tests/unit/makedumpfile-lite/kernel/log_machine.h"

#include <catch2/catch.hpp>

using namespace kdumpkit;
using namespace kdumpkit::dump;
using test::LogMachine;
using test::Machine;

namespace {

const Log silent([](LogLevel, std::string_view) {});

struct Read {
    std::string text;
    Result<> result;
};

Read read(const Machine& machine, LogPart part = LogPart::whole) {
    auto kernel = Kernel::open(machine, silent, Kernel::Depth::log);
    REQUIRE(kernel);
    Read read;
    read.result = read_dmesg(machine, **kernel, part, [&](std::string_view piece) -> Result<> {
        read.text += piece;
        return {};
    });
    return read;
}

} // namespace

TEST_CASE("the log is printed as dmesg does, with either size of its records") {
    LogMachine machine(GENERATE(88, 112));
    machine.record("first");
    machine.record("two\nlines", LogMachine::finalized, 12345);
    machine.place(3, 3, 0); // an empty line
    machine.place(1, 1, 5); // no room for its text
    machine.record("tab\there, bell\x07");
    machine.record("gone", LogMachine::reusable);
    machine.record("half-written", 0);
    const Read seen = read(machine);
    CHECK(seen.result);
    CHECK(seen.text == "[    1.002345] first\n[12345.002345] two\n               lines\n[    1.002345] \n"
                       "[    1.002345] tab\there, bell\\x07\n");
}

TEST_CASE("only what came after the last clear") {
    LogMachine machine;
    machine.record("before");
    machine.record("after");
    machine.record("last");
    const std::string before = "[    1.002345] before\n";
    const std::string after = "[    1.002345] after\n[    1.002345] last\n";
    CHECK_FALSE(read(machine, LogPart::since_clear).result); // it is not known where to begin
    constexpr std::uint64_t clear = 0x1120000;
    machine.info += fmt::format("SYMBOL(clear_seq)={:x}\n", Machine::image_vaddr + clear);
    SECTION("a plain number") {
        machine.u64(clear, 42);
        CHECK(read(machine, LogPart::since_clear).text == after);
        CHECK(read(machine).text == before + after);
        machine.u64(clear, 0);
        CHECK(read(machine, LogPart::since_clear).text == before + after);
    }
    SECTION("a latch: the copy that is not being written") {
        machine.info += "SIZE(latched_seq)=24\nOFFSET(latched_seq.val)=8\n";
        machine.u32(clear, 2);
        machine.u64(clear + 8, 42);
        machine.u64(clear + 16, 43);
        CHECK(read(machine, LogPart::since_clear).text == after);
        machine.u32(clear, 3);
        CHECK(read(machine, LogPart::since_clear).text == "[    1.002345] last\n");
    }
}

TEST_CASE("text that does not fit before the end of its ring is found at the start") {
    LogMachine machine;
    machine.record(std::string(100, 'a')); // overwritten below
    machine.record(std::string(100, 'b'));
    machine.oldest(machine.next_id - 1);
    machine.record(std::string(60, 'c'));
    const Read seen = read(machine);
    CHECK(seen.result);
    CHECK(seen.text ==
          "[    1.002345] " + std::string(100, 'b') + "\n[    1.002345] " + std::string(60, 'c') + "\n");
}

TEST_CASE("a block that ends exactly at the end of the ring") {
    LogMachine machine;
    machine.record(std::string(120, 'a'));
    machine.record(std::string(120, 'b'));
    CHECK(read(machine).text.find(std::string(120, 'b')) != std::string::npos);
}

TEST_CASE("a damaged ring gives what is readable and then an error, and no loop") {
    LogMachine machine;
    machine.record("good");
    machine.record("bad");
    machine.record("good again");
    ErrorKind kind = ErrorKind::corrupt;
    std::string text = "[    1.002345] good\n[    1.002345] good again\n";
    SECTION("a block that is somebody else's") {
        machine.u64(LogMachine::text + 16, 77);
    }
    SECTION("a block outside the ring") {
        const std::uint64_t slot = (machine.next_id - 2) & 7;
        machine.u64(LogMachine::descriptors + slot * 24 + 8, 0x7ffffffffffffff8);
    }
    SECTION("records further apart than the ring is large") {
        machine.oldest(machine.next_id - 1000);
        text.clear();
    }
    SECTION("an impossible number of records") {
        machine.u32(LogMachine::ring, 63);
        text.clear();
    }
    SECTION("an impossible size of text") {
        machine.u32(LogMachine::ring + 48, 64);
        text.clear();
    }
    SECTION("a ring that is not mapped") {
        machine.u64(LogMachine::symbol, 0xffffc90000000000);
        text.clear();
        kind = ErrorKind::absent;
    }
    SECTION("descriptors that are not in memory") {
        machine.u64(LogMachine::ring + 8, Machine::direct_vaddr + (1 << 29));
        text.clear();
    }
    SECTION("a key is missing") {
        machine.forget("OFFSET(printk_info.text_len)");
        text.clear();
        kind = ErrorKind::absent;
    }
    SECTION("no such ring, as before Linux 5.10") {
        machine.forget("SYMBOL(prb)");
        text.clear();
        kind = ErrorKind::unsupported;
    }
    const Read seen = read(machine);
    REQUIRE_FALSE(seen.result);
    CHECK(seen.result.error().kind == kind);
    CHECK(seen.text == text);
}

TEST_CASE("a length beyond its block is cut to the block") {
    LogMachine machine;
    machine.record("12345678");
    machine.u32(LogMachine::infos + ((machine.next_id - 1) & 7) * 88 + 16, 60000);
    CHECK(read(machine).text == "[    1.002345] 12345678\n");
}
