// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/filter.h"
#include "makedumpfile-lite/kernel/percpu.h"
#include "tests/unit/makedumpfile-lite/kernel/percpu_machine.h"

#include <catch2/catch.hpp>

using namespace kdumpkit;
using namespace kdumpkit::dump;
using test::Machine;
using test::PerCpuMachine;

namespace {

const Log silent([](LogLevel, std::string_view) {});

Selection select(const Machine& machine, bool per_cpu_lists = true) {
    auto kernel = Kernel::open(machine, silent);
    REQUIRE(kernel);
    auto selection = select_pages(machine, **kernel, FilterOptions{31, per_cpu_lists, true}, silent, {});
    REQUIRE(selection);
    return std::move(*selection);
}

} // namespace

TEST_CASE("free pages on per-CPU lists are dropped, whatever the form of the symbol table") {
    const auto form = GENERATE(OffsetForm::absolute_percpu, OffsetForm::unsigned_base, OffsetForm::relative);
    PerCpuMachine machine(form);
    machine.chain(0, 0, {5000, 5007, 5002});
    machine.chain(0, 4, {5010});  // order 1
    machine.chain(1, 11, {5048}); // order 3
    machine.chain(1, 13, {5120}); // a huge page
    machine.count(0, 5);
    machine.count(1, 520);
    const Selection selection = select(machine);
    CHECK(selection.counts.per_cpu_free == 3 + 2 + 8 + 512);
    CHECK(selection.counts.free == selection.counts.per_cpu_free);
    CHECK(selection.kept.count() == Machine::pfns - selection.counts.free);
    CHECK_FALSE(selection.kept.contains(5007));
    CHECK_FALSE(selection.kept.contains(5011));
    CHECK_FALSE(selection.kept.contains(5631));
    CHECK(selection.warnings.empty());
    CHECK(select(machine, false).counts.kept == Machine::pfns);
}

TEST_CASE("lists that lie are given up, and pages that are not free stay") {
    PerCpuMachine machine(OffsetForm::unsigned_base);
    machine.chain(0, 0, {5000, 5001});
    machine.count(0, 2);
    std::uint64_t dropped = 2;
    std::size_t warnings = 1;
    SECTION("a loop") {
        machine.u64(Machine::page_paddr(5001) + 8, Machine::page_vaddr(5000) + 8);
    }
    SECTION("a loop whose links agree") {
        machine.link(Machine::page_vaddr(5001) + 8, Machine::page_paddr(5001) + 8,
                     Machine::page_vaddr(5000) + 8, Machine::page_paddr(5000) + 8);
        dropped = 0; // the first link already disagrees
    }
    SECTION("an end outside memory") {
        machine.u64(Machine::page_paddr(5001) + 8, 0xffffc90000000000);
    }
    SECTION("a count of no pages but a list of two thousand") {
        std::vector<std::uint64_t> many;
        for (std::uint64_t pfn = 6000; pfn < 8000; ++pfn)
            many.push_back(pfn);
        machine.chain(0, 0, many);
        dropped = 1026; // the counter and its slack
    }
    SECTION("a page in use") {
        machine.page(5001, {.compound = Machine::direct_vaddr + PerCpuMachine::head(0, 0), .refcount = 1});
        machine.u64(Machine::page_paddr(5001) + 16, Machine::page_vaddr(5000) + 8);
        dropped = 1;
        warnings = 0;
    }
    SECTION("a CPU count beyond reason") {
        machine.u32(PerCpuMachine::values, 0xffffffff);
        dropped = 0; // and it is said that there are no lists to be found
    }
    const Selection selection = select(machine);
    CHECK(selection.counts.per_cpu_free == dropped);
    CHECK(selection.counts.kept == Machine::pfns - dropped);
    CHECK(selection.warnings.size() == warnings);
}

TEST_CASE("lists that their counters contradict stay, even where the filter goes again for another class") {
    PerCpuMachine machine(OffsetForm::unsigned_base);
    machine.chain(0, 0, {5000, 5001});
    machine.count(0, 50000);
    machine.info += fmt::format("SIZE(hstate)=40\nOFFSET(hstate.order)=4\nOFFSET(hstate.nr_huge_pages)=16\n"
                                "SYMBOL(hstates)={:x}\nSYMBOL(hugetlb_max_hstate)={:x}\n",
                                Machine::image_vaddr + PerCpuMachine::values + 64,
                                Machine::image_vaddr + PerCpuMachine::values + 48);
    machine.u32(PerCpuMachine::values + 48, 1);
    machine.u32(PerCpuMachine::values + 64 + 4, 9);
    CHECK(select(machine).counts.per_cpu_free == 0);
    machine.u64(PerCpuMachine::values + 64 + 16, 100); // huge pages that are nowhere
    const Selection selection = select(machine);
    CHECK(selection.warnings.size() == 2);
    CHECK(selection.counts.per_cpu_free == 0);
    machine.count(0, 2);
    CHECK(select(machine).counts.per_cpu_free == 2);
}

TEST_CASE("lists whose struct pages a dump was made without are neither right nor wrong") {
    PerCpuMachine machine(OffsetForm::unsigned_base);
    std::vector<std::uint64_t> pages;
    for (std::uint64_t pfn = 6000; pfn < 8000; ++pfn)
        pages.push_back(pfn);
    machine.chain(0, 0, pages);
    machine.chain(1, 1, {9000});
    machine.chain(1, 13, {5120});
    machine.count(0, 2000);
    machine.count(1, 513);
    CHECK(select(machine).counts.per_cpu_free == 2513);
    const std::uint64_t map = Machine::struct_pages / 4096;
    machine.leave_out(map + 6400 / 64, map + 7000 / 64);
    const Selection selection = select(machine);
    // Only the pages that the list named before it was cut; the other lists are whole.
    CHECK(selection.counts.per_cpu_free == 400 + 513);
    REQUIRE_FALSE(selection.checks.empty());
    CHECK(selection.checks.back().name == "per_cpu_free");
    CHECK(selection.checks.back().verdict == Verdict::unchecked);
    CHECK(selection.checks.back().unseen == 1600);
    for (const std::string& warning : selection.warnings) // of the pages that are there without a struct page
        CHECK(warning.find("kept unseen") != std::string::npos);
    SECTION("nor a huge page, some of whose struct pages are missing") {
        machine.leave_out(map + 5184 / 64, map + 5184 / 64 + 1);
        const Selection less = select(machine);
        CHECK(less.counts.per_cpu_free == 400 + 1);
        CHECK(less.checks.back().verdict == Verdict::unchecked);
        CHECK(less.checks.back().unseen == 1600 + 512);
    }
    SECTION("a counter that these cannot explain is wrong") {
        machine.count(1, 50000);
        CHECK(select(machine).checks.back().verdict == Verdict::failed);
        CHECK(select(machine).counts.per_cpu_free == 0);
    }
}

TEST_CASE("the order of a per-CPU list follows from how many lists there are") {
    PerCpuLayout layout;
    layout.types = 3;
    layout.huge_order = 9;
    layout.list_count = 3;
    CHECK(per_cpu_list_order(layout, 2) == 0U);
    layout.list_count = 12;
    CHECK(per_cpu_list_order(layout, 11) == 3U);
    layout.list_count = 14;
    CHECK(per_cpu_list_order(layout, 3) == 1U);
    CHECK(per_cpu_list_order(layout, 12) == 9U);
    CHECK_FALSE(per_cpu_list_order(layout, 14));
    layout.list_count = 7;
    CHECK_FALSE(per_cpu_list_order(layout, 0));
}
