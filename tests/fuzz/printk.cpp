// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/kernel/kernel.h"
#include "tests/fuzz/poked_machine.h"
#include "tests/unit/makedumpfile-lite/kernel/log_machine.h"

namespace kdumpkit::fuzz {

namespace {

using dump::test::LogMachine;

const Log silent([](LogLevel, std::string_view) {});

LogMachine busy_log() {
    LogMachine machine;
    machine.record("first");
    machine.record("two\nlines", LogMachine::finalized, 12345);
    machine.place(3, 3, 0);
    machine.record("tab\there, bell\x07");
    machine.record("gone", LogMachine::reusable);
    machine.record("last");
    return machine;
}

void run(Bytes input) {
    static LogMachine machine = busy_log();
    Feed feed(input);
    const auto part =
        (feed.number<std::uint8_t>() & 1) != 0 ? dump::LogPart::since_clear : dump::LogPart::whole;
    const PokedMachine image(machine, feed);
    const auto kernel = dump::Kernel::open(image, silent, dump::Kernel::Depth::log);
    if (!kernel)
        return;
    std::uint64_t size = 0;
    const auto read = dump::read_dmesg(image, **kernel, part, [&](std::string_view text) -> Result<> {
        size += text.size();
        return {};
    });
    // Each byte of a record's text is at most a newline and its indentation.
    require(size <= image.memory().total() * 32, "the log is no larger than the memory that holds it");
    require(read || !read.error().reason.empty(), "a log that cannot be read says why");
}

std::vector<Input> seeds() {
    const auto bits = [](std::uint64_t records, std::uint64_t text) {
        return Pokes(0).word(LogMachine::ring, records).word(LogMachine::ring + 48, text);
    };
    // Every record of 2^17 has the same text of 64 KiB, each one under its own number in its own block.
    Pokes amplified = bits(13, 20);
    amplified.append("SIZE(prb_desc)=24").word(LogMachine::ring + 24, 0x1fff).word(LogMachine::ring + 32, 0);
    amplified.word(LogMachine::ring + 8, LogMachine::direct_vaddr + 0x2800000);
    amplified.word(LogMachine::ring + 16, LogMachine::direct_vaddr + 0x2900000);
    amplified.word(LogMachine::ring + 56, LogMachine::direct_vaddr + 0x2a00000);
    amplified.fill(0x2800000, std::uint64_t{1} << 62, 1, 0x2000, 24);
    amplified.fill(0x2800008, 0, 8, 0x2000, 24);
    amplified.fill(0x2800010, 60000, 8, 0x2000, 24);
    amplified.fill(0x2900010, 0xffff, 0, 0x2000, 88);
    amplified.fill(0x2a00000, 0, 1, 0x2000, 8);
    return {Pokes(0).input(),
            bits(24, 31).word(LogMachine::ring + 24, 0xffffff).word(LogMachine::ring + 32, 0).input(),
            bits(3, 3).input(),
            Pokes(0).word(LogMachine::ring + 32, 0).input(),
            Pokes(0).word(LogMachine::text, 0).word(LogMachine::descriptors + 8, 0x7ffffffffffffff8).input(),
            amplified.input()};
}

} // namespace

extern const Target printk;
const Target printk{"printk", 4096, run, seeds};

} // namespace kdumpkit::fuzz
