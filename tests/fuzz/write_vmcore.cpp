// SPDX-License-Identifier: GPL-2.0-or-later
// write-vmcore FILE: a small ELF vmcore with everything that the filter and the log reader look for, out of
// the fabricated machine of the unit tests. What tests/input starts from.
#include "base/file.h"
#include "tests/unit/makedumpfile-lite/fake_image.h"
#include "tests/unit/makedumpfile-lite/kernel/log_machine.h"
#include "tests/unit/makedumpfile-lite/source/elf_file.h"

#include <cstdio>

using namespace kdumpkit;
using dump::test::LogMachine;
using dump::test::Machine;

namespace {

constexpr std::uint64_t file_mapping = 0xffff888000123400;
constexpr std::uint64_t anonymous = 0xffff888000123401;

LogMachine machine() {
    LogMachine machine;
    machine.page(16, {.flags = Machine::lru, .mapping = file_mapping});
    machine.page(17, {.flags = Machine::lru | Machine::private_, .mapping = file_mapping});
    machine.page(19, {.flags = Machine::lru | Machine::swapbacked, .mapping = anonymous});
    machine.page(64, {.private_data = 5, .type = Machine::buddy, .refcount = 0});
    machine.compound(24, 3, {.flags = Machine::lru, .mapping = file_mapping});
    machine.chain(0, 0, {50, 57, 52});
    machine.count(0, 3);
    for (std::uint64_t pfn = 0; pfn < 100; ++pfn)
        if (pfn % 3 != 0)
            machine.put(pfn * 4096, dump::test::FakeImage::page(pfn));
    machine.record("Kernel panic - not syncing: fabricated");
    machine.record("two\nlines", LogMachine::finalized, 12345);
    return machine;
}

} // namespace

int main(int argc, char** argv) {
    if (argc != 2)
        return 2;
    const LogMachine source = machine();
    std::vector<std::byte> notes;
    dump::test::add_note(notes, "CORE", NT_PRSTATUS, std::string(336, 'r'));
    dump::test::add_note(notes, "VMCOREINFO", 0, source.info);
    dump::test::ElfFile file;
    file.notes(0x1000, notes.size());
    file.put(0x1000, notes);
    std::uint64_t at = 0x4000;
    const auto reader = source.reader();
    // Where something is: the first pages, page tables and kernel, and the struct pages of the first pages.
    for (const Range& range :
         {Range{0, 100 * 4096}, Range{0x1000000, 0x1004000}, Range{0x1010000, 0x1011000},
          Range{0x1020000, 0x1021000}, Range{0x1100000, 0x1101000}, Range{0x1200000, 0x1204000},
          Range{0x1300000, 0x1301000}, Range{0x1400000, 0x1401000}, Range{0x1500000, 0x1511000},
          Range{0x1601000, 0x1611000}, Range{0x2000000, 0x2002000}}) {
        file.load(range.begin, range.size(), at, Machine::direct_vaddr + range.begin);
        const auto bytes = reader->view(range.begin, range.size());
        if (!bytes)
            return 1;
        file.put(at, *bytes);
        at += range.size();
    }
    if (auto written = write_file_atomically(argv[1], file.finish()); !written) {
        std::fprintf(stderr, "%s\n", written.error().message().c_str());
        return 1;
    }
    return 0;
}
