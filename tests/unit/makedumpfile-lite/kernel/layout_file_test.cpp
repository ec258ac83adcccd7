// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/elf_note.h"
#include "makedumpfile-lite/filter.h"
#include "makedumpfile-lite/kernel/data.h"
#include "makedumpfile-lite/kernel/layout_file.h"
#include "makedumpfile-lite/kernel/running_kernel.h"
#include "tests/unit/makedumpfile-lite/kernel/tables.h"

#include <catch2/catch.hpp>

using namespace kdumpkit;
using namespace kdumpkit::dump;
using test::BtfWriter;
using test::Machine;

namespace {

const Log silent([](LogLevel, std::string_view) {});

Btf small_btf(std::uint32_t order_offset) {
    BtfWriter writer;
    const auto word = writer.integer(8);
    const auto list = writer.structure("list_head", 16, {{"next", word, 0}, {"prev", word, 8}});
    writer.structure("page", 64, {{"flags", word, 0}, {"lru", list, 8}});
    writer.structure("folio", 256, {{"_flags_1", word, order_offset}});
    writer.structure("per_cpu_pages", 288, {{"count", word, 0}, {"lists", writer.array(list, 14), 64}});
    writer.structure("zone", 1024, {{"per_cpu_pageset", word, 96}});
    writer.enumeration("migratetype", {{"MIGRATE_PCPTYPES", 3}});
    writer.enumeration("pagetype", {{"PGTY_hugetlb", 0xf4}});
    auto btf = Btf::parse(writer.finish());
    REQUIRE(btf);
    return std::move(*btf);
}

std::string small_layout() {
    const VmcoreInfo nothing = VmcoreInfo::parse("");
    const Btf btf = small_btf(64);
    Facts facts(nothing);
    facts.use_types(FactSource::btf, &btf);
    facts.use_symbols(FactSource::btf, {{"_stext", 0xffffffff81000000}, {"nr_cpu_ids", 0xffffffff82000010}});
    return write_layout({"6.1.0-test", "abcd"}, facts);
}

} // namespace

TEST_CASE("a layout file says what the kernel has, what it lacks, and nothing of what it was not asked") {
    const std::string text = small_layout();
    const VmcoreInfo file = VmcoreInfo::parse(text);
    CHECK(text.starts_with("KDUMPKIT-LAYOUT=1\nOSRELEASE=6.1.0-test\nBUILD-ID=abcd\n"));
    CHECK(file.offset("folio._flags_1") == 64U);
    CHECK(file.length("per_cpu_pages.lists") == 14U);
    CHECK(file.number("PGTY_hugetlb") == 0xf4);
    CHECK(file.text("OFFSET(folio._folio_order)") == "absent");
    CHECK(file.text("NUMBER(PGTY_buddy)") == "absent");
    CHECK(file.symbol("nr_cpu_ids") == 0xffffffff82000010);
    CHECK_FALSE(file.text("SYMBOL(__per_cpu_offset)"));
    CHECK(layout_mismatch(VmcoreInfo::parse("OSRELEASE=6.1.0-test\nBUILD-ID=abcd\n"), file).empty());
}

TEST_CASE("a layout file is used with the kernel that it is of, and with no other") {
    struct Case {
        const char* info;
        const char* file;
        bool fits;
    };
    const Case cases[] = {
        {"OSRELEASE=6.1\nBUILD-ID=aa\n", "KDUMPKIT-LAYOUT=1\nOSRELEASE=6.1\nBUILD-ID=aa\n", true},
        {"OSRELEASE=5.10\n", "KDUMPKIT-LAYOUT=1\nOSRELEASE=5.10\nBUILD-ID=aa\n", true},
        {"OSRELEASE=6.1\nBUILD-ID=aa\n", "KDUMPKIT-LAYOUT=1\nOSRELEASE=6.1\n", true},
        {"OSRELEASE=6.1\nBUILD-ID=aa\n", "KDUMPKIT-LAYOUT=1\nOSRELEASE=6.1\nBUILD-ID=ab\n", false},
        {"OSRELEASE=6.1\nBUILD-ID=aa\n", "KDUMPKIT-LAYOUT=1\nOSRELEASE=6.2\nBUILD-ID=aa\n", false},
        {"OSRELEASE=6.1\n", "KDUMPKIT-LAYOUT=1\n", false},
        {"BUILD-ID=aa\n", "KDUMPKIT-LAYOUT=1\nBUILD-ID=aa\n", false},
        {"OSRELEASE=6.1\n", "KDUMPKIT-LAYOUT=2\nOSRELEASE=6.1\n", false},
        {"OSRELEASE=6.1\n", "OSRELEASE=6.1\n", false},
        {"OSRELEASE=6.1\n", "", false},
    };
    for (const Case& c : cases) {
        INFO(c.info << " and " << c.file);
        CHECK(layout_mismatch(VmcoreInfo::parse(c.info), VmcoreInfo::parse(c.file)).empty() == c.fits);
    }
}

TEST_CASE("the file's symbols move with the kernel") {
    const auto slide = [](const char* info, const char* file) {
        return layout_slide(VmcoreInfo::parse(info), VmcoreInfo::parse(file));
    };
    CHECK(slide("SYMBOL(_stext)=ffffffffa0a00000\n", "SYMBOL(_stext)=ffffffff81000000\n") == 0x1fa00000U);
    CHECK(slide("SYMBOL(_stext)=ffffffff81000000\n", "SYMBOL(_stext)=ffffffffa0a00000\n") ==
          0U - std::uint64_t{0x1fa00000});
    CHECK_FALSE(slide("", "SYMBOL(_stext)=ffffffff81000000\n"));
    CHECK_FALSE(slide("SYMBOL(_stext)=ffffffff81000000\n", "SYMBOL(_stext)=0\n"));
}

TEST_CASE("facts come from the first source that has them, and tell from which") {
    const VmcoreInfo info = VmcoreInfo::parse("OFFSET(page.flags)=1\nNUMBER(PG_lru)=4\nSYMBOL(a)=10\n");
    const Btf first = small_btf(64);
    const Btf second = small_btf(72);
    Facts facts(info);
    facts.use_layout(VmcoreInfo::parse("OFFSET(page.flags)=2\nOFFSET(page.lru)=3\n"
                                       "OFFSET(zone.per_cpu_pageset)=absent\nSYMBOL(a)=20\nSYMBOL(b)=20\n"),
                     5);
    facts.use_types(FactSource::btf, &first);
    facts.use_types(FactSource::vmlinux, &second);
    facts.use_symbols(FactSource::btf, {{"b", 1}, {"c", 2}});
    facts.use_symbols(FactSource::vmlinux, {{"c", 3}, {"d", 4}});
    CHECK(facts.offset("page", "flags") == 1U);
    CHECK(facts.offset("page", "lru") == 3U);
    CHECK(facts.offset("folio", "_flags_1") == 64U);
    CHECK_FALSE(facts.offset("zone", "per_cpu_pageset"));
    CHECK_FALSE(facts.offset("folio", "nothing"));
    CHECK(facts.symbol("a") == 0x10U);
    CHECK(facts.symbol("b") == 0x25U);
    CHECK(facts.symbol("c") == 2U);
    CHECK(facts.symbol("d") == 4U);
    CHECK_FALSE(facts.symbol("e"));
    const auto source = [&](const char* key) { return facts.answers().find(key)->second.source; };
    CHECK(source("OFFSET(page.flags)") == FactSource::vmcoreinfo);
    CHECK(source("OFFSET(page.lru)") == FactSource::layout_file);
    CHECK(source("OFFSET(zone.per_cpu_pageset)") == FactSource::layout_file);
    CHECK(source("OFFSET(folio._flags_1)") == FactSource::btf);
    CHECK(source("SYMBOL(d)") == FactSource::vmlinux);
    CHECK_FALSE(facts.answers().contains("SYMBOL(e)"));
}

TEST_CASE("the image's BTF is not even looked for when the layout file has everything") {
    const VmcoreInfo info = VmcoreInfo::parse("");
    int opened = 0;
    const Btf btf = small_btf(64);
    Facts facts(info);
    facts.use_layout(VmcoreInfo::parse("OFFSET(page.lru)=8\nOFFSET(a.b)=absent\n"), 0);
    facts.use_types(FactSource::btf, [&]() -> const TypeSource* {
        ++opened;
        return &btf;
    });
    CHECK(facts.offset("page", "lru") == 8U);
    CHECK_FALSE(facts.offset("a", "b"));
    CHECK(opened == 0);
    CHECK(facts.offset("zone", "per_cpu_pageset") == 96U);
    CHECK(facts.offset("folio", "_flags_1") == 64U);
    CHECK(opened == 1);
}

TEST_CASE(
    "a kernel without BTF in its image is understood by its layout file; one of another kernel is said") {
    Machine machine;
    for (const char* gone : {"OFFSET(page.compound_dtor)", "OFFSET(page.compound_order)", "NUMBER(PG_slab)"})
        machine.forget(gone);
    KernelSources sources;
    sources.layout = small_layout();
    sources.layout_name = "layout";
    const auto kernel = Kernel::open(machine, silent, Kernel::Depth::pages, sources);
    REQUIRE(kernel);
    CHECK((*kernel)->warnings().empty());
    REQUIRE((*kernel)->data().layout);
    CHECK((*kernel)->data().layout->page.order == 64U);
    CHECK((*kernel)->data().layout->per_cpu);
    CHECK((*kernel)->data().symbols.at("nr_cpu_ids") == 0xffffffff82000010);

    machine.forget("OSRELEASE");
    machine.info += "OSRELEASE=6.1.0-other\n";
    const auto other = Kernel::open(machine, silent, Kernel::Depth::pages, sources);
    REQUIRE(other);
    REQUIRE((*other)->warnings().size() == 1);
    CHECK((*other)->warnings()[0].find("6.1.0-other") != std::string::npos);
    CHECK_FALSE((*other)->data().layout->page.order);
}

TEST_CASE("a layout file that lies about struct page is done without") {
    Machine machine;
    machine.forget("OFFSET(page.mapping)");
    KernelSources sources;
    sources.layout = "KDUMPKIT-LAYOUT=1\nOSRELEASE=6.1.0-test\nOFFSET(page.mapping)=18446744073709551610\n";
    sources.layout_name = "layout";
    const auto kernel = Kernel::open(machine, silent, Kernel::Depth::pages, sources);
    REQUIRE(kernel);
    REQUIRE((*kernel)->warnings().size() == 1);
    CHECK((*kernel)->warnings()[0].find("makes no sense") != std::string::npos);
}

TEST_CASE("an image without VMCOREINFO takes the one that is given") {
    Machine machine;
    KernelSources sources;
    sources.vmcoreinfo = machine.info;
    machine.info.clear();
    CHECK_FALSE(Kernel::open(machine, silent));
    const auto kernel = Kernel::open(machine, silent, Kernel::Depth::pages, sources);
    REQUIRE(kernel);
    CHECK((*kernel)->utsname().release == "6.1.0-test");
    CHECK(select_pages(machine, **kernel, 31, silent, {}));
}

TEST_CASE("the text of /proc/kallsyms") {
    const std::string text = "0000000000000000 A fixed_percpu_data\nffffffff81000000 T _text\n"
                             "ffffffff81000000 T _stext\nffffffff82000000 D nr_cpu_ids\n"
                             "ffffffffc0000000 d nr_cpu_ids\t[module]\nbroken\n\nffffffff82000008 D\n"
                             "0000000000000000 D hidden";
    const Symbols symbols = parse_kallsyms(text, {"_stext", "nr_cpu_ids", "hidden", "absent"});
    CHECK(symbols.size() == 2);
    CHECK(symbols.at("_stext") == 0xffffffff81000000);
    CHECK(symbols.at("nr_cpu_ids") == 0xffffffff82000000);
}

TEST_CASE("the build id in the notes") {
    std::vector<std::byte> notes;
    const auto word = [&](std::uint32_t value) {
        const auto bytes = bytes_of(value);
        notes.insert(notes.end(), bytes.begin(), bytes.end());
    };
    word(4), word(4), word(1), word(0x00554e47), word(7); // "GNU", another type
    word(4), word(4), word(3), word(0x00554e47), word(0x3412cdab);
    CHECK(build_id_of(notes) == "abcd1234");
    CHECK(build_id_of({}).empty());
}
