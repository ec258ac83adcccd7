// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/filter.h"

#include "makedumpfile-lite/kernel/kernel.h"
#include "tests/fuzz/poked_machine.h"
#include "tests/unit/makedumpfile-lite/kernel/percpu_machine.h"

namespace kdumpkit::fuzz {

namespace {

using dump::test::Machine;
using dump::test::PerCpuMachine;

const Log silent([](LogLevel, std::string_view) {});

constexpr std::uint64_t file_mapping = 0xffff888000123400;
constexpr std::uint64_t anonymous = 0xffff888000123401;

// Something of everything that a filter looks at.
PerCpuMachine busy_machine() {
    PerCpuMachine machine(dump::OffsetForm::unsigned_base);
    machine.page(16, {.flags = Machine::lru, .mapping = file_mapping});
    machine.page(17, {.flags = Machine::lru | Machine::private_, .mapping = file_mapping});
    machine.page(18, {.flags = Machine::swapcache | Machine::swapbacked});
    machine.page(19, {.flags = Machine::lru | Machine::swapbacked, .mapping = anonymous});
    machine.page(20, {.flags = Machine::slab, .mapping = file_mapping});
    machine.page(21, {.type = Machine::offline});
    machine.page(22, {.flags = Machine::hwpoison});
    machine.page(64, {.private_data = 5, .type = Machine::buddy, .refcount = 0});
    machine.page(1024, {.private_data = 10, .type = Machine::buddy, .refcount = 0});
    machine.compound(128, 4, {.flags = Machine::lru, .mapping = file_mapping});
    machine.compound(512, 9, {.flags = Machine::lru | Machine::swapbacked, .mapping = anonymous});
    machine.compound(2048, 9, {.mapping = file_mapping}, 2);
    machine.compound(256, 3, {.flags = Machine::slab});
    machine.chain(0, 0, {5000, 5007, 5002});
    machine.chain(0, 4, {5010});
    machine.chain(1, 13, {5120});
    machine.count(0, 5);
    machine.count(1, 512);
    return machine;
}

void run(Bytes input) {
    static PerCpuMachine machine = busy_machine();
    Feed feed(input);
    const auto choice = feed.number<std::uint8_t>();
    const PokedMachine image(machine, feed);
    const auto kernel = dump::Kernel::open(image, silent);
    if (!kernel)
        return;
    const auto selection = dump::select_pages(
        image, **kernel,
        dump::FilterOptions{choice & dump::DumpLevel::highest, (choice & 32) == 0, (choice & 64) == 0},
        silent, {});
    if (!selection)
        return;
    const dump::PageCounts& n = selection->counts;
    require(n.total == selection->memory.count(), "all pages are counted");
    require(n.kept == selection->kept.count(), "kept pages are counted");
    require(n.total == n.kept + n.cache + n.cache_private + n.user + n.free + n.offline + n.hwpoison,
            "every page is kept, or dropped once");
    for (auto pfn = selection->kept.next(0); pfn; pfn = selection->kept.next(*pfn + 1))
        require(selection->memory.contains(*pfn), "only memory of the image is kept");
    require(selection->warnings.size() < 64, "the number of warnings is bounded");
}

std::vector<Input> seeds() {
    const std::uint64_t list = Machine::page_vaddr(5000) + 8;
    // 65536 CPUs whose lists are the same ones, each as long as a counter can say.
    Pokes crowd(31);
    crowd.word(PerCpuMachine::values, 65535).fill(PerCpuMachine::values + 8, ~std::uint64_t{0}, 0, 65535);
    crowd.word(PerCpuMachine::node + 96, PerCpuMachine::per_cpu + 1 + Machine::direct_vaddr);
    crowd.word(PerCpuMachine::per_cpu + 4, 0xffffffff);
    crowd.append("SYMBOL(node_data)=" + fmt::format("{:x}", Machine::direct_vaddr + 0x3000000));
    crowd.append("LENGTH(node_data)=4096");
    crowd.fill(0x3000000, Machine::image_vaddr + PerCpuMachine::node, 0, 4096);
    return {
        Pokes(31).input(),
        Pokes(16 | 32).lose(100, 3000).lose(Machine::struct_pages / 4096, 16).input(),
        Pokes(31).field(512, 1, 0).field(513, 2, 0xffffffffffffffff).input(), // wild order
        Pokes(31).field(1024, 5, 0xffffffff).field(64, 5, 11).input(),        // wild buddy orders
        Pokes(31).field(5002, 1, list).field(5000, 2, Machine::page_vaddr(5002) + 8).input(), // a loop
        Pokes(31).word(Machine::sections, 0xffffffffffffffff).input(),
        Pokes(31).word(Machine::section_roots, Machine::direct_vaddr + Machine::ram - 4).input(),
        Pokes(31).word(Machine::page_table + 0x3000, Machine::page_table | 1).input(), // a table in itself
        Pokes(31).fill(Machine::struct_pages, 0xffffffffffffffff, 0, 65535).input(),
        Pokes(31).fill(Machine::struct_pages, 1, 7, 65535).input(),
        Pokes(31).append("SIZE(page)=32").append("LENGTH(zone.free_area)=4000000000").forget(12).input(),
        crowd.input(),
    };
}

} // namespace

extern const Target filter;
const Target filter{"filter", 4096, run, seeds};

} // namespace kdumpkit::fuzz
