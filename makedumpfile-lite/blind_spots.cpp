// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/blind_spots.h"

#include "makedumpfile-lite/filter.h"

namespace kdumpkit::dump {

std::vector<std::string> blind_spots(const PageLayout& page, unsigned level) {
    std::vector<std::string> spots;
    if ((level & DumpLevel::free) != 0 && (!page.types.buddy || page.buddy_orders == 0))
        spots.emplace_back(
            "this kernel does not tell what free pages look like (PAGE_BUDDY_MAPCOUNT_VALUE and "
            "zone.free_area): they are kept, and the dump is far larger than it need be");
    if ((level & DumpLevel::user) != 0 && !page.types.hugetlb && !page.destructor &&
        page.hugetlb_flag_mask == 0)
        spots.emplace_back("this kernel does not tell what hugetlb pages look like: they are kept");
    if ((level & (DumpLevel::cache | DumpLevel::cache_private | DumpLevel::user)) != 0 && !page.order)
        spots.emplace_back("this kernel does not tell the order of compound pages: huge pages are kept");
    return spots;
}

} // namespace kdumpkit::dump
