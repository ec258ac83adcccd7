// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/page_tally.h"

#include <algorithm>

namespace kdumpkit::dump {

namespace {

// What SLUB has no cache for takes more than two pages (kernel: include/linux/slab.h,
// KMALLOC_MAX_CACHE_SIZE).
constexpr unsigned smallest_large_kmalloc = 2;

} // namespace

bool drops(unsigned level, PageClass kind) {
    switch (kind) {
    case PageClass::free:
    case PageClass::unaccepted:
        return (level & DumpLevel::free) != 0;
    case PageClass::cache:
        return (level & (DumpLevel::cache | DumpLevel::cache_private)) != 0;
    case PageClass::cache_private:
        return (level & DumpLevel::cache_private) != 0;
    case PageClass::user:
    case PageClass::hugetlb:
        return (level & DumpLevel::user) != 0;
    case PageClass::offline:
        return true;
    case PageClass::kernel:
    case PageClass::slab:
    case PageClass::tail:
    case PageClass::senseless:
        break;
    }
    return false;
}

std::uint64_t& counter(PageCounts& counts, PageClass kind) {
    switch (kind) {
    case PageClass::free:
    case PageClass::unaccepted:
        return counts.free;
    case PageClass::cache:
        return counts.cache;
    case PageClass::cache_private:
        return counts.cache_private;
    case PageClass::user:
    case PageClass::hugetlb:
        return counts.user;
    default:
        return counts.offline;
    }
}

void count_found(FoundPages& found, PageClass kind, unsigned order, std::uint64_t blocks) {
    const std::uint64_t pages = blocks << order;
    switch (kind) {
    case PageClass::free:
        found.free_blocks[std::min<std::size_t>(order, found.free_blocks.size() - 1)] += blocks;
        break;
    case PageClass::unaccepted:
        found.unaccepted += pages;
        break;
    case PageClass::cache:
    case PageClass::cache_private:
        found.cache += pages;
        break;
    case PageClass::user:
        found.user += pages;
        break;
    case PageClass::hugetlb:
        found.hugetlb += pages;
        break;
    case PageClass::slab:
        found.slab += pages;
        break;
    case PageClass::kernel:
        found.kernel_blocks += order < smallest_large_kmalloc ? 0 : pages;
        break;
    default:
        break;
    }
}

} // namespace kdumpkit::dump
