// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/kernel/layout.h"

#include <string_view>

#include <fmt/format.h>

namespace kdumpkit::dump {

namespace {

// Looks things up in VMCOREINFO, then in BTF, and remembers the first necessary thing that neither has.
class Finder {
  public:
    Finder(const VmcoreInfo& info, const Btf* btf) : info_(info), btf_(btf) {}

    std::optional<std::uint64_t> offset(std::string_view structure, std::string_view member) const {
        if (const auto known = info_.offset(fmt::format("{}.{}", structure, member)))
            return known;
        const auto found = btf_ != nullptr ? btf_->member(structure, member) : std::nullopt;
        return found ? std::optional(found->offset) : std::nullopt;
    }
    std::optional<std::int64_t> number(std::string_view enumeration, std::string_view name) const {
        if (const auto known = info_.number(name))
            return known;
        return btf_ != nullptr ? btf_->enumerator(enumeration, name) : std::nullopt;
    }
    // A mask of page.flags from a bit number.
    std::uint64_t flag(std::string_view name) const {
        const auto bit = number("pageflags", name);
        return bit && *bit >= 0 && *bit < 64 ? std::uint64_t{1} << *bit : 0;
    }
    std::optional<std::uint32_t> page_type(std::string_view key, std::string_view enumerator) const {
        if (const auto known = info_.number(key))
            return static_cast<std::uint32_t>(*known);
        const auto top = btf_ != nullptr ? btf_->enumerator("pagetype", enumerator) : std::nullopt;
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
    const VmcoreInfo& info_;
    const Btf* btf_;
    std::string missing_;
};

PageTypes resolve_types(const Finder& find) {
    PageTypes types;
    types.buddy = find.page_type("PAGE_BUDDY_MAPCOUNT_VALUE", "PGTY_buddy");
    types.offline = find.page_type("PAGE_OFFLINE_MAPCOUNT_VALUE", "PGTY_offline");
    types.hugetlb = find.page_type("PAGE_HUGETLB_MAPCOUNT_VALUE", "PGTY_hugetlb");
    types.unaccepted = find.page_type("PAGE_UNACCEPTED_MAPCOUNT_VALUE", "PGTY_unaccepted");
    if (types.buddy && (*types.buddy & 0xffffff) == 0) {
        types.mask = 0xff000000;
        // PGTY_mapcount_underflow: from here up it is a negative map count, not a type.
        types.typed_below = static_cast<std::int32_t>(0xff000000);
    }
    return types;
}

std::optional<std::uint64_t> resolve_order(const VmcoreInfo& info, const Btf* btf, std::uint64_t page_size) {
    // Up to 6.5 VMCOREINFO has it, as an offset inside the second struct page.
    if (const auto known = info.offset("page.compound_order"))
        return page_size + *known;
    if (btf == nullptr)
        return std::nullopt;
    if (const auto own = btf->member("folio", "_folio_order"))
        return own->offset;
    // Linux 6.6 (ebc1baf5c9b4): the low 8 bits of the second page's flags.
    if (const auto flags = btf->member("folio", "_flags_1"))
        return flags->offset;
    return std::nullopt;
}

std::optional<PerCpuLayout> resolve_per_cpu(const Finder& find, const Btf* btf) {
    if (btf == nullptr)
        return std::nullopt;
    PerCpuLayout layout;
    std::uint64_t inner = 0;
    auto pageset = btf->member("zone", "per_cpu_pageset");
    if (!pageset) {
        // Up to 5.13 the lists were one level deeper, in struct per_cpu_pageset.
        pageset = btf->member("zone", "pageset");
        const auto pcp = btf->member("per_cpu_pageset", "pcp");
        if (!pageset || !pcp)
            return std::nullopt;
        inner = pcp->offset;
    }
    const auto lists = btf->member("per_cpu_pages", "lists");
    const auto count = btf->member("per_cpu_pages", "count");
    const auto types = find.number("migratetype", "MIGRATE_PCPTYPES");
    if (!lists || !count || !types || *types <= 0 || lists->elements == 0 || lists->elements > 256)
        return std::nullopt;
    layout.zone_pageset = pageset->offset;
    layout.lists = inner + lists->offset;
    layout.list_count = lists->elements;
    layout.count = inner + count->offset;
    layout.types = static_cast<std::uint64_t>(*types);
    layout.huge_order = 9; // x86-64: a huge page is 2 MiB of 4 KiB pages
    return layout;
}

} // namespace

Result<Layout> resolve_layout(const VmcoreInfo& info, const Btf* btf) {
    Finder find(info, btf);
    Layout layout;
    PageLayout& page = layout.page;
    auto size = info.size("page");
    if (!size && btf != nullptr)
        size = btf->size_of("page");
    page.size = find.need(size, "SIZE(page)");
    page.flags = find.need(find.offset("page", "flags"), "page.flags");
    auto compound = find.offset("page", "compound_head");
    if (!compound) // renamed in Linux 7.1
        compound = find.offset("page", "compound_info");
    page.compound = find.need(compound, "page.compound_head");
    page.mapping = find.need(find.offset("page", "mapping"), "page.mapping");
    page.private_data = find.need(find.offset("page", "private"), "page.private");
    page.type = find.need(find.offset("page", "_mapcount"), "page._mapcount");
    page.refcount = find.need(find.offset("page", "_refcount"), "page._refcount");
    page.lru = find.need(find.offset("page", "lru"), "page.lru");

    page.lru_mask = find.need_flag("PG_lru");
    page.private_mask = find.need_flag("PG_private");
    page.swapcache_mask = find.flag("PG_swapcache");
    page.swapbacked_mask = find.flag("PG_swapbacked");
    page.slab_mask = find.flag("PG_slab");
    page.hwpoison_mask = find.flag("PG_hwpoison");
    const auto head = info.number("PG_head_mask");
    page.head_mask = head ? static_cast<std::uint64_t>(*head) : find.need_flag("PG_head");

    page.types = resolve_types(find);
    page.order = resolve_order(info, btf, page.size);
    const auto destructor = info.offset("page.compound_dtor");
    const auto hugetlb = find.number("compound_dtor_id", "HUGETLB_PAGE_DTOR");
    if (destructor && hugetlb && *hugetlb > 0 && *hugetlb < 256) {
        page.destructor = page.size + *destructor;
        page.hugetlb_destructor = static_cast<std::uint8_t>(*hugetlb);
    }
    page.hugetlb_flag_mask = find.flag("PG_hugetlb");
    page.buddy_orders =
        static_cast<unsigned>(std::min<std::uint64_t>(info.length("zone.free_area").value_or(0), 32));

    if (!find.missing().empty())
        return fail(
            make_error(ErrorKind::absent, "find", "the layout of struct page",
                       fmt::format("{} is neither in VMCOREINFO nor in the kernel's BTF", find.missing()))
                .then("use dump level 0 or 1")
                .from(ErrorSide::source));
    const std::uint64_t words[] = {page.flags, page.compound, page.mapping, page.private_data};
    for (const std::uint64_t offset : words)
        if (page.size < 32 || page.size > 4096 || offset + 8 > page.size || offset > page.size)
            return fail(make_error(ErrorKind::corrupt, "use", "the layout of struct page",
                                   fmt::format("a member at {} of {} bytes", offset, page.size))
                            .then("use dump level 0 or 1")
                            .from(ErrorSide::source));
    if (page.type > page.size - 4 || page.refcount > page.size - 4 || page.lru > page.size - 16 ||
        (page.order && *page.order >= 2 * page.size) ||
        (page.destructor && *page.destructor >= 2 * page.size))
        return fail(make_error(ErrorKind::corrupt, "use", "the layout of struct page", "members outside it")
                        .then("use dump level 0 or 1")
                        .from(ErrorSide::source));
    layout.per_cpu = resolve_per_cpu(find, btf);
    return layout;
}

} // namespace kdumpkit::dump
