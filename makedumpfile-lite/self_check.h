// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "makedumpfile-lite/kernel/counters.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kdumpkit::dump {

// What the filter met, by struct page, whether the image holds the page itself or not: the kernel counts all
// of its pages. In base pages but for blocks.
struct FoundPages {
    std::array<std::uint64_t, KernelCounters::max_orders> free_blocks{}; // in the buddy system, by order
    std::uint64_t unaccepted = 0;
    std::uint64_t cache = 0; // both classes
    std::uint64_t user = 0;  // anonymous, without hugetlb
    std::uint64_t hugetlb = 0;
    std::uint64_t slab = 0;
    std::uint64_t kernel_blocks =
        0; // in compound pages of four and more that say nothing more: large kmallocs are
    std::uint64_t unreadable = 0; // struct pages that could not be read or that make no sense
};

// The lists of free pages that CPUs hold, as they were walked.
struct FoundLists {
    std::uint64_t counted = 0; // by the lists' own counters
    std::uint64_t walked = 0;  // on the lists
    std::uint64_t free = 0;    // of these: their struct pages agree
    std::uint64_t unseen = 0;  // of those counted: struct pages that the image was made without would tell
};

enum class Verdict { passed, failed, unchecked };
std::string_view to_text(Verdict verdict);

// One comparison of what was found with what the kernel counted.
struct Check {
    std::string name; // free, per_cpu_free, cache, user, hugetlb, slab
    Verdict verdict = Verdict::unchecked;
    std::uint64_t found = 0;
    std::uint64_t least = 0, most = 0; // what was expected, the tolerance not included
    std::uint64_t tolerance = 0;
    std::uint64_t unseen = 0; // whose struct pages could not be read: they may be missing from what was found
    std::string reason;       // of a failure, or why nothing was proved
    unsigned distrust = 0;    // bits of the dump level that a failure takes away; 0 where the filter needs no
                              // second walk for it
};

// Compares. Pure. Pages whose struct pages could not be read may be those that are missing from what was
// found: then nothing is proved, and the check is `unchecked`. Too many found are a failure all the same. The
// tolerances:
//   free       one block of the largest order for each zone, because the zone's lock lets one CPU at a time
//              take or return a block, and stopping it can leave the lists and their counters apart;
//   hugetlb    two of the largest huge pages that there are: they are taken one after the other, but batches
//              that are being made or broken up are counted later than they are marked, or not any more;
//   the others 512 pages for each CPU: an operation on a huge page moves that many between two updates of
//              counters, and a batch of pages on its way to the LRU lists is far smaller (PAGEVEC_SIZE 31).
// Where the CPUs' shares of the counters cannot be read, 125 pages more for each (the largest stat_threshold,
// mm/vmstat.c) and as many CPUs as `cpus_noted`.
std::vector<Check> check_classes(const FoundPages& found, const KernelCounters& counters,
                                 std::uint64_t cpus_noted);
Check check_per_cpu_lists(const FoundLists& found, std::uint64_t cpus);

// What a failure means: "free pages are kept".
std::string consequence(const Check& check);
// "free: found 10 pages, the kernel counts 20 to 30 (tolerance 5)".
std::string describe(const Check& check);

} // namespace kdumpkit::dump
