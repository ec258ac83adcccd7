// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/kernel/page.h"

#include <algorithm>
#include <cstring>
#include <optional>

namespace kdumpkit::dump {

namespace {

constexpr std::uint64_t mapping_anonymous = 1; // PAGE_MAPPING_ANON, also set for KSM pages
// The largest huge page of any 64-bit architecture is 16 GiB, order 22 with 4 KiB pages.
constexpr unsigned max_compound_order = 22;

// The caller has checked that the struct page is whole; offsets were checked when the layout was resolved.
template<class T>
T load(const std::byte* page, std::uint64_t offset) {
    T value;
    std::memcpy(&value, page + offset, sizeof(value));
    return value;
}

template<class T>
T load(Bytes bytes, std::uint64_t offset) {
    return load<T>(bytes.data(), offset);
}

bool aligned(std::uint64_t pfn, std::uint64_t order) {
    return (pfn & ((std::uint64_t{1} << order) - 1)) == 0;
}

// The second struct page of a compound page links to the first: by its address, or from 7.1 by a mask that
// the address of the tail is and-ed with (then only the order's bits can be checked: bit 63 is set and it is
// no address of the memory map).
bool names_head(std::uint64_t link, std::uint64_t tail, std::uint64_t head) {
    if ((link & 1) == 0)
        return false;
    const std::uint64_t value = link & ~std::uint64_t{1};
    return value == head || (head != 0 && (tail & value) == head);
}

bool links_back(const PageLayout& layout, Bytes pages, std::uint64_t address) {
    return names_head(load<std::uint64_t>(pages, layout.size + layout.compound), address + layout.size,
                      address);
}

// The order of the compound page whose head this is; nullopt when it is none, or contradicts itself.
std::optional<std::uint32_t> compound_order(const PageLayout& layout, Bytes pages, std::uint64_t pfn,
                                            std::uint64_t address) {
    if (!layout.order || pages.size() < 2 * layout.size || !links_back(layout, pages, address))
        return std::nullopt;
    const auto order = load<std::uint8_t>(pages, *layout.order);
    if (order == 0 || order > max_compound_order || !aligned(pfn, order))
        return std::nullopt;
    return order;
}

bool is_hugetlb(const PageLayout& layout, Bytes pages) {
    if (layout.destructor && load<std::uint8_t>(pages, *layout.destructor) == layout.hugetlb_destructor)
        return true;
    return layout.hugetlb_flag_mask != 0 &&
           (load<std::uint64_t>(pages, layout.size + layout.flags) & layout.hugetlb_flag_mask) != 0;
}

// Of a page without a type: what its flags and its mapping say.
PageClass class_by_use(const PageLayout& layout, std::uint64_t flags, std::uint64_t mapping) {
    const bool anonymous = (mapping & mapping_anonymous) != 0;
    // PG_swapcache shares its bit with others and means something only on swap-backed pages (Linux 4.10,
    // 6326fec1122c).
    const bool swapcache = layout.swapcache_mask != 0 && (flags & layout.swapcache_mask) != 0 &&
                           (flags & layout.swapbacked_mask) != 0;
    if (anonymous)
        return PageClass::user;
    if ((flags & layout.lru_mask) == 0 && !swapcache)
        return PageClass::kernel;
    return (flags & layout.private_mask) != 0 ? PageClass::cache_private : PageClass::cache;
}

bool is_typed(const PageLayout& layout, const std::byte* page) {
    return static_cast<std::int32_t>(load<std::uint32_t>(page, layout.type)) < layout.types.typed_below;
}

// Of a single page that no other page has a say in: not poisoned, not typed, not the head of others.
std::optional<PageClass> plain_class(const PageLayout& layout, const std::byte* page) {
    const auto flags = load<std::uint64_t>(page, layout.flags);
    if ((flags & layout.hwpoison_mask) != 0)
        return std::nullopt;
    // Before all else: from 6.18 members of a tail overlay what would make it look anonymous.
    if ((load<std::uint64_t>(page, layout.compound) & 1) != 0)
        return PageClass::tail;
    if ((flags & (layout.slab_mask | layout.head_mask)) != 0 || is_typed(layout, page))
        return std::nullopt;
    return class_by_use(layout, flags, load<std::uint64_t>(page, layout.mapping));
}

} // namespace

PlainRun plain_run(const PageLayout& layout, Bytes pages) {
    if (pages.size() < layout.size)
        return {};
    const std::byte* page = pages.data();
    const auto kind = plain_class(layout, page);
    if (!kind)
        return {};
    // Neighbours are mostly alike: those that have what plain_class() looks at in common with the first are
    // of its class.
    const std::uint64_t deciding = layout.hwpoison_mask | layout.slab_mask | layout.head_mask |
                                   layout.swapcache_mask | layout.swapbacked_mask | layout.lru_mask |
                                   layout.private_mask;
    const auto flags = load<std::uint64_t>(page, layout.flags);
    const auto link = load<std::uint64_t>(page, layout.compound);
    const auto mapping = load<std::uint64_t>(page, layout.mapping);
    const bool typed = is_typed(layout, page);
    PlainRun run{*kind, 1};
    for (std::size_t at = layout.size; at + layout.size <= pages.size(); at += layout.size) {
        page = pages.data() + at;
        const std::uint64_t differing =
            ((load<std::uint64_t>(page, layout.flags) ^ flags) & deciding) |
            ((load<std::uint64_t>(page, layout.compound) ^ link) & 1) |
            ((load<std::uint64_t>(page, layout.mapping) ^ mapping) & mapping_anonymous);
        if (differing != 0 || is_typed(layout, page) != typed)
            break;
        ++run.pages;
    }
    return run;
}

PageVerdict classify_page(const PageLayout& layout, Bytes pages, std::uint64_t pfn, std::uint64_t address) {
    if (pages.size() < layout.size)
        return {PageClass::senseless, 0, false};
    if (const auto plain = plain_class(layout, pages.data()))
        return {*plain, 0, false};
    const auto flags = load<std::uint64_t>(pages, layout.flags);
    const bool poisoned = (flags & layout.hwpoison_mask) != 0;
    if ((load<std::uint64_t>(pages, layout.compound) & 1) != 0)
        return {PageClass::tail, 0, poisoned};

    const auto type = load<std::uint32_t>(pages, layout.type);
    const PageTypes& types = layout.types;
    const bool slab = (flags & layout.slab_mask) != 0;
    const bool typed = !slab && static_cast<std::int32_t>(type) < types.typed_below;
    const auto is = [&](const std::optional<std::uint32_t>& value) {
        return typed && value && (type & types.mask) == (*value & types.mask);
    };

    if (is(types.buddy)) {
        const auto order = load<std::uint64_t>(pages, layout.private_data);
        if (order >= layout.buddy_orders || !aligned(pfn, order))
            return {PageClass::senseless, 0, poisoned};
        return {PageClass::free, static_cast<std::uint32_t>(order), poisoned};
    }
    if (is(types.unaccepted)) {
        // Accepted in blocks of the largest order, on first use (Linux 6.5).
        const unsigned order = layout.buddy_orders == 0 ? 0 : layout.buddy_orders - 1;
        return aligned(pfn, order) ? PageVerdict{PageClass::unaccepted, order, poisoned}
                                   : PageVerdict{PageClass::senseless, 0, poisoned};
    }

    std::uint32_t order = 0;
    bool hugetlb = is(types.hugetlb);
    if ((flags & layout.head_mask) != 0) {
        const auto found = compound_order(layout, pages, pfn, address);
        if (!found)
            return {slab ? PageClass::slab : PageClass::senseless, 0, poisoned};
        order = *found;
        hugetlb = hugetlb || (!typed && is_hugetlb(layout, pages));
    }
    if (slab || is(types.slab))
        return {PageClass::slab, order, poisoned};

    const bool offline = is(types.offline);
    if (typed && !hugetlb && !offline)
        return {PageClass::kernel, order,
                poisoned}; // page tables, guards, slab, zsmalloc, and types still to come
    if (offline)
        return {PageClass::offline, order, poisoned};
    const auto mapping = load<std::uint64_t>(pages, layout.mapping);
    const PageClass use = typed ? PageClass::kernel : class_by_use(layout, flags, mapping);
    const bool cache = use == PageClass::cache || use == PageClass::cache_private;
    return {hugetlb && !cache ? PageClass::hugetlb : use, order, poisoned};
}

bool inside_block(const PageLayout& layout, PageClass kind, Bytes page, std::uint64_t address,
                  std::uint64_t head) {
    if (page.size() < layout.size)
        return false;
    const auto link = load<std::uint64_t>(page, layout.compound);
    if (kind != PageClass::free)
        return names_head(link, address, head);
    const std::uint64_t used =
        layout.lru_mask | layout.slab_mask | layout.head_mask | layout.private_mask | layout.swapbacked_mask;
    return (link & 1) == 0 && load<std::uint32_t>(page, layout.refcount) == 0 &&
           (load<std::uint64_t>(page, layout.flags) & used) == 0 &&
           static_cast<std::int32_t>(load<std::uint32_t>(page, layout.type)) >= layout.types.typed_below;
}

} // namespace kdumpkit::dump
