// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/kernel/vmcoreinfo_text.h"

#include <array>

#include <fmt/format.h>

namespace kdumpkit::dump {

namespace {

// What Linux 5.10 to 7.2 export; a kernel has those that its types have.
constexpr std::array<std::string_view, 15> structures = {
    "mem_section",       "page",        "pglist_data",       "zone",          "free_area",
    "list_head",         "printk_log",  "printk_ringbuffer", "prb_desc_ring", "prb_desc",
    "prb_data_blk_lpos", "printk_info", "dev_printk_info",   "prb_data_ring", "latched_seq",
};
constexpr std::array<std::string_view, 50> members = {
    "uts_namespace.name",
    "mem_section.section_mem_map",
    "page.flags",
    "page._refcount",
    "page.mapping",
    "page.lru",
    "page._mapcount",
    "page.private",
    "page.compound_dtor",
    "page.compound_order",
    "page.compound_head",
    "page.compound_info",
    "pglist_data.node_zones",
    "pglist_data.nr_zones",
    "pglist_data.node_mem_map",
    "pglist_data.node_start_pfn",
    "pglist_data.node_spanned_pages",
    "pglist_data.node_id",
    "zone.free_area",
    "zone.vm_stat",
    "zone.spanned_pages",
    "free_area.free_list",
    "list_head.next",
    "list_head.prev",
    "vmap_area.va_start",
    "vmap_area.list",
    "printk_ringbuffer.desc_ring",
    "printk_ringbuffer.text_data_ring",
    "printk_ringbuffer.fail",
    "prb_desc_ring.count_bits",
    "prb_desc_ring.descs",
    "prb_desc_ring.infos",
    "prb_desc_ring.head_id",
    "prb_desc_ring.tail_id",
    "prb_desc.state_var",
    "prb_desc.text_blk_lpos",
    "prb_data_blk_lpos.begin",
    "prb_data_blk_lpos.next",
    "printk_info.seq",
    "printk_info.ts_nsec",
    "printk_info.text_len",
    "prb_data_ring.size_bits",
    "prb_data_ring.data",
    "prb_data_ring.head_lpos",
    "prb_data_ring.tail_lpos",
    "printk_info.caller_id",
    "printk_info.dev_info",
    "dev_printk_info.subsystem",
    "dev_printk_info.device",
    "latched_seq.val",
};
constexpr std::array<std::string_view, 2> arrays = {"zone.free_area", "free_area.free_list"};
struct Number {
    std::string_view enumeration;
    std::string_view name;
};
constexpr std::array<Number, 9> numbers = {{{"zone_stat_item", "NR_FREE_PAGES"},
                                            {"pageflags", "PG_lru"},
                                            {"pageflags", "PG_private"},
                                            {"pageflags", "PG_swapcache"},
                                            {"pageflags", "PG_swapbacked"},
                                            {"pageflags", "PG_slab"},
                                            {"pageflags", "PG_hwpoison"},
                                            {"pageflags", "PG_hugetlb"},
                                            {"compound_dtor_id", "HUGETLB_PAGE_DTOR"}}};
// From 6.12 page types are an enumeration (of the top byte).
struct PageType {
    std::string_view key;
    std::string_view name;
};
constexpr std::array<PageType, 5> page_types = {{{"PAGE_BUDDY_MAPCOUNT_VALUE", "PGTY_buddy"},
                                                 {"PAGE_OFFLINE_MAPCOUNT_VALUE", "PGTY_offline"},
                                                 {"PAGE_HUGETLB_MAPCOUNT_VALUE", "PGTY_hugetlb"},
                                                 {"PAGE_SLAB_MAPCOUNT_VALUE", "PGTY_slab"},
                                                 {"PAGE_UNACCEPTED_MAPCOUNT_VALUE", "PGTY_unaccepted"}}};

std::optional<TypeMember> member_of(const TypeSource& types, std::string_view path) {
    const std::size_t dot = path.find('.');
    return types.member(path.substr(0, dot), path.substr(dot + 1));
}

} // namespace

const std::vector<std::string_view>& vmcoreinfo_symbols() {
    static const std::vector<std::string_view> names = {"init_uts_ns",
                                                        "node_online_map",
                                                        "swapper_pg_dir",
                                                        "init_top_pgt",
                                                        "_stext",
                                                        "vmap_area_list",
                                                        "prb",
                                                        "printk_rb_static",
                                                        "clear_seq",
                                                        "kallsyms_names",
                                                        "kallsyms_num_syms",
                                                        "kallsyms_token_table",
                                                        "kallsyms_token_index",
                                                        "kallsyms_offsets",
                                                        "kallsyms_relative_base",
                                                        "node_data",
                                                        "contig_page_data"};
    return names;
}

std::string vmcoreinfo_text(const KernelIdentity& identity, const TypeSource& types, const Symbols& symbols) {
    std::string text = fmt::format("OSRELEASE={}\n", identity.release);
    if (!identity.build_id.empty())
        text += fmt::format("BUILD-ID={}\n", identity.build_id);
    text += "PAGESIZE=4096\n"; // x86-64
    for (const auto& [name, address] : symbols)
        text += fmt::format("SYMBOL({})={:x}\n", name, address);
    for (const std::string_view name : structures)
        if (const auto size = types.size_of(name))
            text += fmt::format("SIZE({})={}\n", name, *size);
    for (const std::string_view path : members)
        if (const auto found = member_of(types, path))
            text += fmt::format("OFFSET({})={}\n", path, found->offset);
    for (const std::string_view path : arrays)
        if (const auto found = member_of(types, path); found && found->elements != 0)
            text += fmt::format("LENGTH({})={}\n", path, found->elements);
    for (const Number& number : numbers)
        if (const auto value = types.enumerator(number.enumeration, number.name))
            text += fmt::format("NUMBER({})={}\n", number.name, *value);
    if (const auto bit = types.enumerator("pageflags", "PG_head"); bit && *bit >= 0 && *bit < 63)
        text += fmt::format("NUMBER(PG_head_mask)={}\n", std::int64_t{1} << *bit);
    for (const PageType& type : page_types)
        if (const auto value = types.enumerator("pagetype", type.name); value && *value > 0 && *value < 0x100)
            text += fmt::format("NUMBER({})={}\n", type.key,
                                static_cast<std::int32_t>(static_cast<std::uint32_t>(*value) << 24));
    // A typedef of a struct without a name, and with one member (kernel: include/linux/types.h).
    text += "SIZE(atomic_long_t)=8\nOFFSET(atomic_long_t.counter)=0\n";
    return text;
}

} // namespace kdumpkit::dump
