// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/file.h"
#include "makedumpfile-lite/kernel/dwarf_variables.h"
#include "makedumpfile-lite/kernel/vmcoreinfo_text.h"
#include "makedumpfile-lite/kernel/vmlinux.h"

#include <random>

#include <catch2/catch.hpp>

using namespace kdumpkit;
using namespace kdumpkit::dump;

namespace {

const std::string fixture = PROGRAM_DIR "/dwarf-fixture";

} // namespace

TEST_CASE("types out of DWARF") {
    const auto vmlinux = Vmlinux::open(fixture);
    REQUIRE(vmlinux);
    const TypeSource& types = (*vmlinux)->types();
    CHECK(types.size_of("page") == 48U);
    CHECK(types.member("page", "flags")->offset == 0);
    CHECK(types.member("page", "flags.f")->size == 8);
    CHECK(types.member("page", "lru")->offset == 8); // inside two anonymous ones
    CHECK(types.member("page", "lru.prev")->offset == 16);
    CHECK(types.member("page", "mapping")->offset == 24);
    CHECK(types.member("page", "wide")->offset == 40);
    CHECK(types.member("page", "_refcount")->offset == 44);
    CHECK(types.member("zone", "free_area")->elements == 11);
    CHECK(types.member("zone", "free_area")->size == 11 * 104);
    CHECK(types.member("zone", "vm_stat")->elements == 12);
    CHECK(types.member("free_area", "nr_free")->offset == 96);
    CHECK(types.enumerator("pagetype", "PGTY_slab") == 0xf5);
    CHECK(types.enumerator("signs", "below") == -5);
    CHECK(types.enumerator("signs", "large") == 70000);
    CHECK_FALSE(types.enumerator("signs", "PGTY_slab"));
    CHECK_FALSE(types.enumerator("page", "flags"));
    CHECK_FALSE(types.member("page", "missing"));
    CHECK_FALSE(types.member("missing", "flags"));
    CHECK_FALSE(types.size_of("pagetype"));
}

TEST_CASE("who it is, and where its symbols are") {
    const auto vmlinux = Vmlinux::open(fixture);
    REQUIRE(vmlinux);
    CHECK((*vmlinux)->identity().release == "6.66.6-fixture");
    const Symbols symbols = (*vmlinux)->symbols({"a_page", "main", "nowhere"});
    CHECK(symbols.size() == 2);
    CHECK(symbols.at("a_page") != symbols.at("main"));
    const std::string text = vmcoreinfo_text((*vmlinux)->identity(), (*vmlinux)->types(), symbols);
    const VmcoreInfo info = VmcoreInfo::parse(text);
    CHECK(info.text("OSRELEASE") == "6.66.6-fixture");
    CHECK(info.size("page") == 48U);
    CHECK(info.offset("page.lru") == 8U);
    CHECK(info.length("free_area.free_list") == 6U);
    CHECK(info.number("PAGE_BUDDY_MAPCOUNT_VALUE") == -268435456);
    CHECK_FALSE(info.number("PAGE_OFFLINE_MAPCOUNT_VALUE"));
    CHECK(info.symbol("a_page") == symbols.at("a_page"));
}

TEST_CASE("what is no vmlinux is refused with the next step") {
    CHECK(Vmlinux::open("/nowhere").error().kind == ErrorKind::absent);
    CHECK(Vmlinux::open("/etc/passwd").error().kind == ErrorKind::corrupt);
    CHECK_FALSE(Vmlinux::open("/etc/passwd").error().next_step.empty());
    CHECK(Vmlinux::open("/dev/null").error().kind == ErrorKind::invalid);
    // An ELF file without types.
    CHECK(Vmlinux::open("/usr/bin/env").error().kind == ErrorKind::unsupported);
}

TEST_CASE("no ELF file, cut or changed anywhere in its headers, leads outside its bytes") {
    const auto good = read_file(fixture);
    REQUIRE(good);
    std::mt19937_64 random(7);
    for (int i = 0; i < 2000; ++i) {
        auto bad = *good;
        if (i % 2 == 0)
            bad.resize(random() % bad.size());
        const std::size_t headers = bad.size() > 3000 && i % 3 == 0 ? bad.size() - 3000 : 0;
        for (int j = 0; j < 4 && !bad.empty(); ++j)
            bad[(headers + random() % 3000) % bad.size()] = static_cast<std::byte>(random());
        if (const auto sections = elf_sections(bad))
            (void)elf_symbols(*sections, {"main", "linux_banner"});
    }
}

TEST_CASE("the types of variables, in C") {
    const auto types = dwarf_variables(
        fixture, {"a_page", "a_pointer", "a_number", "a_sign", "many", "linux_banner", "nothing"});
    REQUIRE(types);
    const std::string number = types->at("a_number");
    CHECK((number == "long unsigned int" || number == "unsigned long")); // as gcc or as clang names it
    CHECK(*types == VariableTypes{{"a_number", number},
                                  {"a_page", "struct page"},
                                  {"a_pointer", "struct zone *"},
                                  {"a_sign", "enum signs"}});
    CHECK_FALSE(dwarf_variables("/nonexistent", {"a"}));
}
