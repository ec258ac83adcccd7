// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/kernel/layout.h"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

namespace kdumpkit::dump {

namespace {

// Asks the facts, and remembers the first necessary thing that nobody knows.
class Finder {
  public:
    explicit Finder(Facts& facts) : facts_(facts) {}

    // A mask of page.flags from a bit number.
    std::uint64_t flag(std::string_view name) {
        const auto bit = facts_.number("pageflags", name);
        return bit && *bit >= 0 && *bit < 64 ? std::uint64_t{1} << *bit : 0;
    }
    std::optional<std::uint32_t> page_type(std::string_view key, std::string_view enumerator) {
        // The key is VMCOREINFO's alone: no enumeration has it.
        if (const auto known = facts_.exported(key))
            return static_cast<std::uint32_t>(*known);
        const auto top = facts_.number("pagetype", enumerator);
        return top && *top > 0 && *top < 0x100 ? std::optional(static_cast<std::uint32_t>(*top) << 24)
                                               : std::nullopt;
    }

    template<class T>
    T need(std::optional<T> value, std::string_view what) {
        if (!value && missing_.empty())
            missing_ = what;
        return value.value_or(T{});
    }
    std::uint64_t need_flag(std::string_view name) {
        const std::uint64_t mask = flag(name);
        if (mask == 0 && missing_.empty())
            missing_ = name;
        return mask;
    }
    [[nodiscard]] const std::string& missing() const { return missing_; }

  private:
    Facts& facts_;
    std::string missing_;
};

PageTypes resolve_types(Finder& find) {
    PageTypes types;
    types.buddy = find.page_type("PAGE_BUDDY_MAPCOUNT_VALUE", "PGTY_buddy");
    types.offline = find.page_type("PAGE_OFFLINE_MAPCOUNT_VALUE", "PGTY_offline");
    types.hugetlb = find.page_type("PAGE_HUGETLB_MAPCOUNT_VALUE", "PGTY_hugetlb");
    types.slab = find.page_type("PAGE_SLAB_MAPCOUNT_VALUE", "PGTY_slab");
    types.unaccepted = find.page_type("PAGE_UNACCEPTED_MAPCOUNT_VALUE", "PGTY_unaccepted");
    if (types.buddy && (*types.buddy & 0xffffff) == 0) {
        types.mask = 0xff000000;
        // PGTY_mapcount_underflow: from here up it is a negative map count, not a type.
        types.typed_below = static_cast<std::int32_t>(0xff000000);
    }
    return types;
}

std::optional<std::uint64_t> resolve_order(Facts& facts, std::uint64_t page_size) {
    // Up to 6.5 VMCOREINFO has it, as an offset inside the second struct page.
    if (const auto known = facts.offset("page", "compound_order"))
        return page_size + *known;
    if (const auto own = facts.offset("folio", "_folio_order"))
        return own;
    // Linux 6.6 (ebc1baf5c9b4): the low 8 bits of the second page's flags.
    return facts.offset("folio", "_flags_1");
}

std::optional<PerCpuLayout> resolve_per_cpu(Facts& facts) {
    PerCpuLayout layout;
    std::uint64_t inner = 0;
    auto pageset = facts.offset("zone", "per_cpu_pageset");
    if (!pageset) {
        // Up to 5.13 the lists were one level deeper, in struct per_cpu_pageset.
        pageset = facts.offset("zone", "pageset");
        const auto pcp = facts.offset("per_cpu_pageset", "pcp");
        if (!pageset || !pcp)
            return std::nullopt;
        inner = *pcp;
    }
    const auto lists = facts.offset("per_cpu_pages", "lists");
    const auto list_count = facts.length("per_cpu_pages", "lists");
    const auto count = facts.offset("per_cpu_pages", "count");
    const auto types = facts.number("migratetype", "MIGRATE_PCPTYPES");
    if (!lists || !count || !types || *types <= 0 || !list_count || *list_count > 256)
        return std::nullopt;
    layout.zone_pageset = *pageset;
    layout.lists = inner + *lists;
    layout.list_count = *list_count;
    layout.count = inner + *count;
    layout.types = static_cast<std::uint64_t>(*types);
    layout.huge_order = 9; // x86-64: a huge page is 2 MiB of 4 KiB pages
    return layout;
}

} // namespace

Result<Layout> resolve_layout(const VmcoreInfo& info, const Btf* btf) {
    Facts facts(info);
    facts.use_types(FactSource::btf, btf);
    return resolve_layout(facts);
}

Result<Layout> resolve_layout(Facts& facts) {
    Finder find(facts);
    Layout layout;
    PageLayout& page = layout.page;
    page.size = find.need(facts.size("page"), "SIZE(page)");
    page.flags = find.need(facts.offset("page", "flags"), "page.flags");
    auto compound = facts.offset("page", "compound_head");
    if (!compound) // renamed in Linux 7.1
        compound = facts.offset("page", "compound_info");
    page.compound = find.need(compound, "page.compound_head");
    page.mapping = find.need(facts.offset("page", "mapping"), "page.mapping");
    page.private_data = find.need(facts.offset("page", "private"), "page.private");
    page.type = find.need(facts.offset("page", "_mapcount"), "page._mapcount");
    page.refcount = find.need(facts.offset("page", "_refcount"), "page._refcount");
    page.lru = find.need(facts.offset("page", "lru"), "page.lru");

    page.lru_mask = find.need_flag("PG_lru");
    page.private_mask = find.need_flag("PG_private");
    page.swapcache_mask = find.flag("PG_swapcache");
    page.swapbacked_mask = find.flag("PG_swapbacked");
    page.slab_mask = find.flag("PG_slab");
    page.hwpoison_mask = find.flag("PG_hwpoison");
    const auto head = facts.exported("PG_head_mask");
    page.head_mask = head ? static_cast<std::uint64_t>(*head) : find.need_flag("PG_head");

    page.types = resolve_types(find);
    page.order = resolve_order(facts, page.size);
    const auto destructor = facts.offset("page", "compound_dtor");
    const auto hugetlb = facts.number("compound_dtor_id", "HUGETLB_PAGE_DTOR");
    if (destructor && hugetlb && *hugetlb > 0 && *hugetlb < 256) {
        page.destructor = page.size + *destructor;
        page.hugetlb_destructor = static_cast<std::uint8_t>(*hugetlb);
    }
    page.hugetlb_flag_mask = find.flag("PG_hugetlb");
    page.buddy_orders =
        static_cast<unsigned>(std::min<std::uint64_t>(facts.length("zone", "free_area").value_or(0), 32));

    layout.per_cpu = resolve_per_cpu(facts);
    layout.counters = resolve_counters(facts);

    if (!find.missing().empty())
        return fail(
            make_error(ErrorKind::absent, "find", "the layout of struct page",
                       fmt::format("{} is neither in VMCOREINFO nor in any description of the kernel's types",
                                   find.missing()))
                .then("use -d 1 or -d 0: these levels need no knowledge of the kernel")
                .from(ErrorSide::source));
    const std::uint64_t words[] = {page.flags, page.compound, page.mapping, page.private_data};
    for (const std::uint64_t offset : words)
        if (page.size < 32 || page.size > 4096 || offset + 8 > page.size || offset > page.size)
            return fail(make_error(ErrorKind::corrupt, "use", "the layout of struct page",
                                   fmt::format("a member at {} of {} bytes", offset, page.size))
                            .then("use -d 1 or -d 0: these levels need no knowledge of the kernel")
                            .from(ErrorSide::source));
    if (page.type > page.size - 4 || page.refcount > page.size - 4 || page.lru > page.size - 16 ||
        (page.order && *page.order >= 2 * page.size) ||
        (page.destructor && *page.destructor >= 2 * page.size))
        return fail(make_error(ErrorKind::corrupt, "use", "the layout of struct page", "members outside it")
                        .then("use -d 1 or -d 0: these levels need no knowledge of the kernel")
                        .from(ErrorSide::source));
    return layout;
}

} // namespace kdumpkit::dump
