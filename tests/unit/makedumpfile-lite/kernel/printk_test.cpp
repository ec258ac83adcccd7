// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/kernel/kernel.h"
#include "tests/unit/makedumpfile-lite/kernel/machine.h"

#include <catch2/catch.hpp>

using namespace kdumpkit;
using namespace kdumpkit::dump;
using test::Machine;

namespace {

const Log silent([](LogLevel, std::string_view) {});

// A printk ring of 8 records and 256 bytes of text. Records are appended as the kernel would.
struct LogMachine : Machine {
    static constexpr std::uint64_t symbol = 0x1100000, ring = 0x1101000, descriptors = 0x1102000,
                                   infos = 0x1103000, text = 0x1110000;
    static constexpr std::uint64_t committed = 1, finalized = 2, reusable = 3;
    std::uint64_t info_size;
    std::uint64_t next_id = 0xfffffffffffffff8 & ~(3ULL << 62); // ids wrap around in these tests
    std::uint64_t position = 0;
    std::uint64_t sequence = 41; // counts from boot; the ring holds the last ones

    explicit LogMachine(std::uint64_t size_of_info = 88) : info_size(size_of_info) {
        info += fmt::format("SYMBOL(prb)={:x}\n", image_vaddr + symbol);
        info += "OFFSET(printk_ringbuffer.desc_ring)=0\nOFFSET(printk_ringbuffer.text_data_ring)=48\n"
                "OFFSET(prb_desc_ring.count_bits)=0\nOFFSET(prb_desc_ring.descs)=8\nOFFSET(prb_desc_ring."
                "infos)=16\n"
                "OFFSET(prb_desc_ring.head_id)=24\nOFFSET(prb_desc_ring.tail_id)=32\nSIZE(prb_desc)=24\n"
                "OFFSET(prb_desc.state_var)=0\nOFFSET(prb_desc.text_blk_lpos)=8\n"
                "OFFSET(prb_data_blk_lpos.begin)=0\nOFFSET(prb_data_blk_lpos.next)=8\n"
                "OFFSET(printk_info.seq)=0\nOFFSET(printk_info.ts_nsec)=8\nOFFSET(printk_info.text_len)=16\n"
                "OFFSET(prb_data_ring.size_bits)=0\nOFFSET(prb_data_ring.data)=8\nOFFSET(atomic_long_t."
                "counter)=0\n";
        info += fmt::format("SIZE(printk_info)={}\n", info_size);
        u64(symbol, image_vaddr + ring);
        u32(ring, 3);
        u64(ring + 8, direct_vaddr + descriptors);
        u64(ring + 16, direct_vaddr + infos);
        u32(ring + 48, 8);
        u64(ring + 56, direct_vaddr + text);
        u64(ring + 32, next_id);
    }
    void record(const std::string& line, std::uint64_t state = committed, std::uint64_t seconds = 1) {
        const std::uint64_t size = (8 + line.size() + 7) & ~7ULL;
        std::uint64_t begin = position;
        std::uint64_t start = begin % 256;
        std::uint64_t next = begin + size;
        if (start + size > 256) { // does not fit before the end: goes to the start, and the rest is left
            next = begin - start + 256 + size;
            start = 0;
        }
        u64(text + start, next_id);
        put(text + start + 8, as_bytes(line));
        place(begin, next, line.size(), state, seconds);
        position = next;
    }
    void place(std::uint64_t begin, std::uint64_t next, std::uint64_t length, std::uint64_t state = committed,
               std::uint64_t seconds = 1) {
        const std::uint64_t slot = next_id & 7;
        u64(descriptors + slot * 24, next_id | state << 62);
        u64(descriptors + slot * 24 + 8, begin);
        u64(descriptors + slot * 24 + 16, next);
        u64(infos + slot * info_size, sequence++);
        u64(infos + slot * info_size + 8, seconds * 1000000000 + 2345678);
        u32(infos + slot * info_size + 16, static_cast<std::uint32_t>(length));
        u64(ring + 24, next_id);
        next_id = (next_id + 1) & ~(3ULL << 62);
    }
    void oldest(std::uint64_t id) { u64(ring + 32, id & ~(3ULL << 62)); }
};

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
