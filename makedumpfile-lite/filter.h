// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "base/log.h"
#include "makedumpfile-lite/page_set.h"
#include "makedumpfile-lite/self_check.h"
#include "makedumpfile-lite/source/image.h"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace kdumpkit::dump {

class Kernel; // kernel/kernel.h: what is known of the crashed kernel

// A dump level, with makedumpfile's meaning of each bit of -d (0 to 31).
struct DumpLevel {
    static constexpr unsigned zero = 1;          // pages filled with zero; decided when a page is written
    static constexpr unsigned cache = 2;         // page cache without private data
    static constexpr unsigned cache_private = 4; // page cache with private data (implies the above)
    static constexpr unsigned user = 8;          // anonymous memory and hugetlb of processes
    static constexpr unsigned free = 16;         // free pages
    static constexpr unsigned highest = 31;
};

// Pages by class, as the filter met them: total == kept + what was dropped (cache to unused_map) +
// not_in_source.
struct PageCounts {
    std::uint64_t total = 0; // pfns in the image's memory
    std::uint64_t kept = 0;  // what will be written (zero pages still included)
    std::uint64_t cache = 0;
    std::uint64_t cache_private = 0;
    std::uint64_t user = 0;
    std::uint64_t free = 0;
    std::uint64_t offline = 0;
    std::uint64_t hwpoison = 0;
    std::uint64_t unused_map = 0;    // struct pages of nothing but dropped and absent pages
    std::uint64_t unclassified = 0;  // of those kept: their struct page could not be read or made no sense
    std::uint64_t not_in_source = 0; // would be kept, but the image does not have them (any more)
    std::uint64_t per_cpu_free = 0;  // of those free: found on per-CPU lists
};

struct Selection {
    PageSet memory; // every pfn that the image holds: the first bitmap
    PageSet kept;   // what to write: the second bitmap
    PageCounts counts;
    std::vector<std::string>
        warnings; // what the filter could not trust and therefore kept, for people; without Image::warnings()
    std::vector<Check> checks; // what was found against what the kernel counted; empty at levels 0 and 1
};

struct FilterOptions {
    unsigned level = DumpLevel::highest;
    // Free pages on per-CPU lists count as free. makedumpfile keeps them; off makes its page sets.
    bool per_cpu_lists = true;
    // Compare what is found with the kernel's own counters, and keep the classes that do not agree. For
    // memory that changes while it is read (/proc/kcore) it has to be off.
    bool self_check = true;
    // Drop the memory map of what is dropped, too. Nothing at levels 0 and 1.
    bool unused_map = false;
};

// Decides for every page. With level 0 or 1 no struct page is read. At any other level pages that are
// logically offline or known to be broken (hwpoison) are dropped too, as makedumpfile does. `progress` gets
// the number of pages decided so far (may be empty); an error from it ends the walk. A kernel whose layout
// cannot be resolved is an error: the caller may go down to level 1. A class of pages that fails its check
// is given back: the walk is done again without it.
Result<Selection> select_pages(const Image& image, const Kernel& kernel, const FilterOptions& options,
                               const Log& log, const std::function<Result<>(std::uint64_t)>& progress);
inline Result<Selection> select_pages(const Image& image, const Kernel& kernel, unsigned level,
                                      const Log& log,
                                      const std::function<Result<>(std::uint64_t)>& progress) {
    return select_pages(image, kernel, FilterOptions{level, true, true, false}, log, progress);
}
// Bytes of a page, from the header of a dump, or VMCOREINFO if that makes sense: a power of two from 4096,
// which is the default, to 65536.
std::uint64_t page_size_of(const Image& image);
// Levels 0 and 1, for an image of which nothing is known.
Result<Selection> select_all(const Image& image);

} // namespace kdumpkit::dump
