// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/kernel/kallsyms.h"

#include "makedumpfile-lite/kernel/pagetable.h"
#include "tests/fuzz/feed.h"
#include "tests/unit/makedumpfile-lite/kernel/tables.h"

namespace kdumpkit::fuzz {

namespace {

using dump::test::Machine;

constexpr std::uint64_t at = 0x1200000;
constexpr std::size_t region = 0x4000;

struct SymbolMachine : Machine {
    explicit SymbolMachine(dump::OffsetForm form) {
        dump::test::write_kallsyms(*this, at, form,
                                   {{"_stext", image_vaddr + 0x1000000},
                                    {"prb", image_vaddr + 0x1300800},
                                    {std::string(200, 'x'), image_vaddr + 0x1300000},
                                    {"__start_BTF", image_vaddr + 0x1100000}});
        info += fmt::format("SYMBOL(prb)={:x}\n", image_vaddr + 0x1300800);
    }
};

// The first bytes of the tables, from the number of symbols to their names, are the input.
void run(Bytes input) {
    static SymbolMachine machine(dump::OffsetForm::unsigned_base);
    Input bytes = input_of(input);
    bytes.resize(region);
    machine.put(at, bytes);
    const auto info = dump::VmcoreInfo::parse(machine.info);
    const auto table = dump::PageTable::open(info, machine.elf_machine(), machine.name());
    require(table.has_value(), "the machine's page table opens");
    dump::VirtualMemory memory(machine, *table);
    (void)dump::find_symbols(memory, info, {"__start_BTF", "nr_cpu_ids"});
}

Input tables(const Machine& machine) {
    return input_of(*machine.reader()->view(at, region));
}

std::vector<Input> seeds() {
    std::vector<Input> all;
    for (const auto form :
         {dump::OffsetForm::absolute_percpu, dump::OffsetForm::unsigned_base, dump::OffsetForm::relative})
        all.push_back(tables(SymbolMachine(form)));
    // As many symbols as are believed, with names as long as are believed.
    SymbolMachine endless(dump::OffsetForm::unsigned_base);
    endless.u32(at, 1U << 22);
    for (std::uint64_t i = 0x2000; i < region; i += 2) {
        endless.u8(at + i, 0xff);
        endless.u8(at + i + 1, 0x07);
    }
    all.push_back(tables(endless));
    return all;
}

} // namespace

extern const Target kallsyms;
const Target kallsyms{"kallsyms", region, run, seeds};

} // namespace kdumpkit::fuzz
