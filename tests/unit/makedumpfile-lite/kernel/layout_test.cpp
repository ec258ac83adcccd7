// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/kernel/layout.h"
#include "makedumpfile-lite/kernel/page.h"
#include "tests/unit/makedumpfile-lite/kernel/tables.h"

#include <algorithm>
#include <array>

#include <catch2/catch.hpp>

using namespace kdumpkit;
using namespace kdumpkit::dump;
using test::BtfWriter;
using test::Machine;

namespace {

// The members that later kernels no longer name in VMCOREINFO, in anonymous structs as the kernel has them.
std::vector<std::byte> folio_btf() {
    BtfWriter writer;
    const auto word = writer.integer(8);
    const auto inner = writer.structure("", 64, {{"_flags_1", word, 0}, {"_head_1", word, 8}});
    const auto typed = writer.type_alias("memdesc_flags_t", word);
    writer.structure("folio", 256, {{"flags", typed, 0}, {"", inner, 64}});
    writer.structure("page", 64, {{"flags", typed, 0}});
    writer.enumeration("pagetype", {{"PGTY_buddy", 0xf0}, {"PGTY_hugetlb", 0xf4}});
    return writer.finish();
}

// VMCOREINFO as Linux 7.2 writes it, in what differs from 6.1.
VmcoreInfo later_info() {
    Machine machine;
    for (const char* gone : {"OFFSET(page.compound_dtor)", "OFFSET(page.compound_order)",
                             "OFFSET(page.compound_head)", "NUMBER(PG_slab)", "NUMBER(HUGETLB_PAGE_DTOR)",
                             "NUMBER(PAGE_BUDDY_MAPCOUNT_VALUE)", "NUMBER(PAGE_OFFLINE_MAPCOUNT_VALUE)"})
        machine.forget(gone);
    return VmcoreInfo::parse(machine.info +
                             "OFFSET(page.compound_info)=8\nNUMBER(PAGE_BUDDY_MAPCOUNT_VALUE)=-268435456\n"
                             "NUMBER(PAGE_UNACCEPTED_MAPCOUNT_VALUE)=-150994944\n");
}

void set(std::vector<std::byte>& pages, std::uint64_t at, std::uint64_t value, std::size_t size) {
    for (std::size_t i = 0; i < size; ++i)
        pages[at + i] = static_cast<std::byte>(value >> (8 * i));
}

} // namespace

TEST_CASE("members of anonymous structs are found, and what is absent stays absent") {
    const auto btf = Btf::parse(folio_btf());
    REQUIRE(btf);
    REQUIRE(btf->member("folio", "_head_1"));
    CHECK(btf->member("folio", "_head_1")->offset == 72);
    CHECK(btf->member("folio", "flags")->size == 8);
    CHECK_FALSE(btf->member("folio", "missing"));
    CHECK_FALSE(btf->member("missing", "flags"));
    CHECK(btf->size_of("page") == 64U);
    CHECK(btf->enumerator("pagetype", "PGTY_hugetlb") == 0xf4);
    CHECK_FALSE(btf->enumerator("pagetype", "PGTY_slab"));
}

TEST_CASE("no BTF, cut or changed anywhere, leads outside its bytes") {
    const auto good = folio_btf();
    for (std::size_t length = 0; length < good.size(); ++length)
        CHECK_FALSE(Btf::parse({good.begin(), good.begin() + static_cast<std::ptrdiff_t>(length)}));
    for (std::size_t at = 0; at < good.size(); ++at) {
        for (const unsigned value : {0U, 1U, 0x7fU, 0xffU}) {
            auto bad = good;
            bad[at] = static_cast<std::byte>(value);
            const auto btf = Btf::parse(bad);
            if (!btf)
                continue;
            (void)btf->member("folio", "_flags_1");
            (void)btf->member("folio", "flags.flags.flags");
            (void)btf->size_of("folio");
            (void)btf->enumerator("pagetype", "PGTY_buddy");
        }
    }
}

TEST_CASE("types in the top byte of later kernels, and heads that tails name by a mask") {
    const auto btf = Btf::parse(folio_btf());
    REQUIRE(btf);
    const auto layout = resolve_layout(later_info(), &*btf);
    REQUIRE(layout);
    const PageLayout& page = layout->page;
    CHECK(page.types.mask == 0xff000000);
    CHECK(page.types.hugetlb == 0xf4000000U); // from BTF alone
    CHECK_FALSE(page.types.offline);
    CHECK(page.order == 64U);
    CHECK(page.slab_mask == 0);

    std::vector<std::byte> pages(128);
    set(pages, 48, 0xffffffff, 4);
    const auto classify = [&](std::uint64_t pfn) {
        return classify_page(page, pages, pfn, Machine::page_vaddr(pfn));
    };
    CHECK(classify(512) == PageVerdict{PageClass::kernel, 0, false});
    set(pages, 48, 0xf0000003, 4);
    set(pages, 40, 3, 8);
    CHECK(classify(512) == PageVerdict{PageClass::free, 3, false});
    set(pages, 48, 0xf7000000, 4);
    CHECK(classify(1024) == PageVerdict{PageClass::unaccepted, 10, false});
    set(pages, 48, 0xf5000000, 4); // slab
    set(pages, 24, 1, 8);
    CHECK(classify(512) == PageVerdict{PageClass::kernel, 0, false});
    set(pages, 48, 0xfffffffe, 4); // a negative map count is no type
    CHECK(classify(512) == PageVerdict{PageClass::user, 0, false});

    set(pages, 0, Machine::head, 8);
    set(pages, 24, 0, 8);
    set(pages, 48, 0xf4000000, 4);
    set(pages, 64, 0x209, 8);                         // order 9 in the low byte
    set(pages, 72, (~std::uint64_t{0} << 15) | 1, 8); // -(64 << 9) | 1
    CHECK(classify(512) == PageVerdict{PageClass::hugetlb, 9, false});
    CHECK(classify(576) == PageVerdict{PageClass::senseless, 0, false}); // a fake head inside it
    set(pages, 72, Machine::page_vaddr(512) | 1, 8);                     // an address instead
    CHECK(classify(512) == PageVerdict{PageClass::hugetlb, 9, false});
}

TEST_CASE("single pages are classified together, up to one that needs a second look") {
    const auto layout = resolve_layout(VmcoreInfo::parse(Machine().info), nullptr);
    REQUIRE(layout);
    const PageLayout& page = layout->page;
    std::vector<std::byte> pages(8 * page.size);
    for (std::size_t i = 0; i < 8; ++i)
        set(pages, i * page.size + page.type, 0xffffffff, 4);
    set(pages, 1 * page.size + page.mapping, 1, 8); // anonymous
    set(pages, 2 * page.size + page.flags, page.lru_mask, 8);
    set(pages, 3 * page.size + page.flags, page.lru_mask | page.private_mask, 8);
    set(pages, 4 * page.size + page.compound, 1, 8);
    const std::array expected{PageClass::kernel, PageClass::user, PageClass::cache, PageClass::cache_private,
                              PageClass::tail};
    std::vector<PageClass> classes;
    const auto plain = [&](Bytes bytes) {
        classes.clear();
        for (auto run = plain_run(page, bytes); run.pages != 0;
             run = plain_run(page, bytes.subspan(classes.size() * page.size)))
            classes.insert(classes.end(), run.pages, run.kind);
        for (std::size_t i = 0; i < classes.size(); ++i)
            CHECK(classify_page(page, bytes.subspan(i * page.size), i, Machine::page_vaddr(i)) ==
                  PageVerdict{classes[i], 0, false});
        return classes.size();
    };
    CHECK(plain(pages) == 8);
    CHECK(std::equal(expected.begin(), expected.end(), classes.begin()));
    CHECK(plain_run(page, Bytes(pages).subspan(5 * page.size)).pages == 3);
    CHECK(plain(Bytes(pages).first(3 * page.size + 1)) == 3);

    SECTION("poisoned") {
        set(pages, 5 * page.size + page.flags, page.hwpoison_mask | page.lru_mask, 8);
    }
    SECTION("the head of others") {
        set(pages, 5 * page.size + page.flags, page.head_mask, 8);
    }
    SECTION("slab") {
        set(pages, 5 * page.size + page.flags, page.slab_mask, 8);
    }
    SECTION("free") {
        set(pages, 5 * page.size + page.type, *page.types.buddy, 4);
    }
    CHECK(plain(pages) == 5);
}

TEST_CASE("without BTF the order of later kernels is unknown, and compound pages are kept") {
    const auto layout = resolve_layout(later_info(), nullptr);
    REQUIRE(layout);
    CHECK_FALSE(layout->page.order);
    CHECK_FALSE(layout->per_cpu);
}
