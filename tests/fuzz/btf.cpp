// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/kernel/btf.h"

#include "makedumpfile-lite/kernel/layout.h"
#include "tests/fuzz/target.h"
#include "tests/unit/makedumpfile-lite/kernel/tables.h"

namespace kdumpkit::fuzz {

namespace {

void run(Bytes input) {
    auto btf = dump::Btf::parse(input_of(input));
    if (!btf)
        return;
    for (const char* name : {"page", "zone", "per_cpu_pages", "pageflags", "", "a"})
        (void)btf->size_of(name);
    for (const auto& [structure, path] : {std::pair{"page", "flags"},
                                          {"zone", "per_cpu_pageset"},
                                          {"per_cpu_pages", "lists.next.prev"},
                                          {"page", "a"},
                                          {"a", "a.a.a.a"},
                                          {"page", ""},
                                          {"page", "nowhere"},
                                          {"zone", "."}})
        (void)btf->member(structure, path);
    for (const char* name : {"PG_lru", "a", "MIGRATE_PCPTYPES"})
        (void)btf->enumerator("pageflags", name);
    (void)dump::resolve_layout(dump::VmcoreInfo::parse(""), &*btf);
}

dump::test::BtfWriter kernel_types() {
    dump::test::BtfWriter writer;
    const auto integer = writer.integer(4);
    const auto word = writer.integer(8);
    const auto list = writer.structure("list_head", 16, {{"next", word, 0}, {"prev", word, 8}});
    const auto inner = writer.structure("", 16, {{"lru", list, 0}, {"mapping", word, 16}});
    writer.structure("page", 64,
                     {{"flags", writer.type_alias("memdesc_flags_t", word), 0},
                      {"compound_head", word, 8},
                      {"", inner, 8},
                      {"private", word, 40},
                      {"_mapcount", integer, 48},
                      {"_refcount", integer, 52}});
    writer.structure("zone", 256, {{"per_cpu_pageset", word, 96}});
    writer.structure("per_cpu_pages", 288, {{"count", integer, 4}, {"lists", writer.array(list, 14), 64}});
    writer.enumeration("migratetype", {{"MIGRATE_UNMOVABLE", 0}, {"MIGRATE_PCPTYPES", 3}});
    writer.enumeration("pageflags", {{"PG_lru", 5}, {"PG_private", 14}, {"PG_head", 6}});
    return writer;
}

// Anonymous structs inside anonymous structs, each many times in the one around it: every level multiplies
// the members to look at.
Input nested_names(unsigned levels, unsigned width) {
    dump::test::BtfWriter writer;
    std::uint32_t inner = writer.integer(4);
    for (unsigned level = 0; level < levels; ++level)
        inner = writer.structure(level + 1 == levels ? "page" : "", 64,
                                 std::vector<dump::test::BtfWriter::Member>(width, {"", inner, 0}));
    return writer.finish();
}

std::vector<Input> seeds() {
    dump::test::BtfWriter itself; // type 1 is a struct that holds itself
    itself.structure("page", 8, {{"", 1, 0}, {"", 1, 0}, {"a", 2, 0}});
    itself.type_alias("a", 2);
    dump::test::BtfWriter arrays;
    arrays.array(1, 0xffffffff);
    arrays.structure("page", 8, {{"a", 1, 0}, {"flags", 1, 0x1fffffff}});
    return {kernel_types().finish(), itself.finish(), arrays.finish(), nested_names(14, 4),
            nested_names(4, 2000)};
}

} // namespace

extern const Target btf;
const Target btf{"btf", 1 << 18, run, seeds};

} // namespace kdumpkit::fuzz
