// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/bytes.h"
#include "makedumpfile-lite/kernel/layout.h"

#include <cstddef>
#include <cstdint>

namespace kdumpkit::dump {

enum class PageClass : std::uint8_t {
    kernel, // in use by the kernel, or of a type that the filter has no business with: always kept
    slab,   // kept; the kernel counts them
    tail,   // follows the head of a compound page: goes with its head
    free,
    unaccepted, // free memory that a confidential guest has not accepted yet
    cache,
    cache_private,
    user,
    hugetlb,
    offline,
    senseless, // contradicts itself: kept
};

inline constexpr std::size_t page_classes = static_cast<std::size_t>(PageClass::senseless) + 1;

struct PageVerdict {
    PageClass kind = PageClass::kernel;
    std::uint32_t order = 0; // the verdict holds for 2^order pages from this one
    bool poisoned = false;   // broken memory (PG_hwpoison): reading it can bring the machine down
    friend bool operator==(const PageVerdict&, const PageVerdict&) = default;
};

// What the struct page at the start of `pages` says of page `pfn`. `pages` should hold the next struct page
// as well: where a compound page keeps its order. `address` is the virtual address of the first. Pure.
PageVerdict classify_page(const PageLayout& layout, Bytes pages, std::uint64_t pfn, std::uint64_t address);

struct PlainRun {
    PageClass kind = PageClass::kernel;
    std::size_t pages = 0;
};

// The single pages of one class with which `pages` begins: none when only classify_page() can tell of the
// first. Of each it would say the same, with order 0 and not poisoned. Pure.
PlainRun plain_run(const PageLayout& layout, Bytes pages);

// Whether the struct page at the start of `page` (virtual address `address`) can lie inside the block of
// which `head` is the first: a compound page's tail links to it, a page of a free block is itself unused.
// Pure.
bool inside_block(const PageLayout& layout, PageClass kind, Bytes page, std::uint64_t address,
                  std::uint64_t head);

} // namespace kdumpkit::dump
