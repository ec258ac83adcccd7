// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "makedumpfile-lite/kernel/btf.h"
#include "makedumpfile-lite/kernel/counters.h"
#include "makedumpfile-lite/kernel/facts.h"
#include "makedumpfile-lite/kernel/vmcoreinfo.h"

#include <cstdint>
#include <optional>

namespace kdumpkit::dump {

// What sort of page a struct page says it is, in the word that it shares with _mapcount.
// Up to 6.11 types are macros (buddy -129, offline -257): the whole word is compared. From 6.12 (enum
// pagetype) the type is the top byte. VMCOREINFO exports the value to compare with; one whose low 24 bits are
// zero is of the later form.
struct PageTypes {
    std::uint32_t mask = 0xffffffff;    // compare only these bits
    std::int32_t typed_below = -128;    // signed word below this: a type, not a map count
    std::optional<std::uint32_t> buddy; // absent: free pages cannot be told
    std::optional<std::uint32_t> offline;
    std::optional<std::uint32_t> hugetlb;
    std::optional<std::uint32_t> unaccepted;
    std::optional<std::uint32_t> slab; // 6.10 and later; before it is a flag
};

// struct page, resolved once. Offsets in bytes, masks of page.flags. A mask of 0
// or an empty optional means that this kernel does not have the thing or that it is not known; the filter
// then keeps the page.
struct PageLayout {
    std::uint64_t size = 0;
    std::uint64_t flags = 0;
    std::uint64_t compound = 0; // compound_head, from 7.1 compound_info: bit 0 set in a tail
    std::uint64_t mapping = 0;
    std::uint64_t private_data = 0;
    std::uint64_t type = 0; // _mapcount and page_type
    std::uint64_t refcount = 0;
    std::uint64_t lru = 0;

    std::uint64_t lru_mask = 0;
    std::uint64_t private_mask = 0;
    std::uint64_t swapcache_mask = 0;
    std::uint64_t swapbacked_mask = 0;
    std::uint64_t slab_mask = 0;
    std::uint64_t head_mask = 0;
    std::uint64_t hwpoison_mask = 0;

    PageTypes types;
    // From the head's struct page: one byte with the order of a compound page in its low 8 bits.
    std::optional<std::uint64_t> order;
    // From the head's struct page: one byte with the destructor's number (up to 6.5), and its value for
    // hugetlb.
    std::optional<std::uint64_t> destructor;
    std::uint8_t hugetlb_destructor = 0;
    // page[1].flags bit that marks hugetlb (6.6 to 6.9).
    std::uint64_t hugetlb_flag_mask = 0;
    unsigned buddy_orders = 0; // valid orders of a free block are below this
};

// Where the zones' per-CPU free lists are; all or nothing.
struct PerCpuLayout {
    std::uint64_t zone_pageset = 0; // in struct zone: the per-CPU pointer
    std::uint64_t lists = 0;        // from what it points to: list_head[list_count]
    std::uint64_t list_count = 0;
    std::uint64_t count = 0; // from what it points to: int, base pages in all lists
    std::uint64_t types = 0; // MIGRATE_PCPTYPES: lists per order
    std::uint64_t huge_order = 0;
};

struct Layout {
    PageLayout page;
    std::optional<PerCpuLayout> per_cpu;
    CounterLayout counters;
};

// `absent` when nobody knows what every level needs.
Result<Layout> resolve_layout(Facts& facts);
// From these two alone. Pure.
Result<Layout> resolve_layout(const VmcoreInfo& info, const Btf* btf);

} // namespace kdumpkit::dump
