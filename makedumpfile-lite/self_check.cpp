// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/self_check.h"

#include "makedumpfile-lite/filter.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace kdumpkit::dump {

namespace {

constexpr std::uint64_t huge_page = 512;
constexpr std::uint64_t largest_share = 125;
// Counters of a real machine are far below this; a larger one is rubbish, and sums of a few cannot wrap.
constexpr std::uint64_t most_pages = std::uint64_t{1} << 52;

constexpr unsigned cache_bits = DumpLevel::cache | DumpLevel::cache_private;

std::uint64_t minus(std::uint64_t a, std::uint64_t b) {
    return a > b ? a - b : 0;
}

Check judged(std::string name, std::uint64_t found, std::uint64_t least, std::uint64_t most,
             std::uint64_t tolerance, std::uint64_t unseen, unsigned distrust) {
    Check check{std::move(name), Verdict::passed, found, least, most, tolerance, unseen, {}, distrust};
    if (least > most_pages || most > most_pages || found > most + tolerance ||
        found + tolerance + unseen < least) {
        check.verdict = Verdict::failed;
        check.reason = "the kernel counts otherwise";
    } else if (found + tolerance < least) {
        check.verdict = Verdict::unchecked;
        check.reason = fmt::format("found {} of {} pages; of {} pages the struct pages cannot be read, and "
                                   "the others may be among these",
                                   found, least, unseen);
    }
    return check;
}

Check unchecked(std::string name, unsigned distrust) {
    return {std::move(name), Verdict::unchecked, 0, 0, 0, 0, 0, "the kernel's counters are not known",
            distrust};
}

std::uint64_t pages_in(const std::array<std::uint64_t, KernelCounters::max_orders>& blocks) {
    std::uint64_t sum = 0;
    for (std::size_t order = 0; order < blocks.size(); ++order)
        sum += std::min(blocks[order], most_pages >> order) << order;
    return sum;
}

Check check_free(const FoundPages& found, const KernelCounters& counters, std::uint64_t shares) {
    const std::uint64_t pages = pages_in(found.free_blocks);
    const std::uint64_t tolerance = std::max<std::uint64_t>(counters.zones, 1)
                                    << std::min<std::uint64_t>(counters.max_order, 31);
    if (!counters.free_blocks) {
        if (!counters.free_pages)
            return unchecked("free", DumpLevel::free);
        const std::uint64_t expected = *counters.free_pages;
        return judged("free", pages + found.unaccepted, expected, expected, tolerance + shares,
                      found.unreadable, DumpLevel::free);
    }
    const std::uint64_t expected = pages_in(*counters.free_blocks);
    Check check = judged("free", pages, expected, expected, tolerance, found.unreadable, DumpLevel::free);
    std::uint64_t apart = 0;
    for (std::size_t order = 0; order < found.free_blocks.size(); ++order) {
        const std::uint64_t a = found.free_blocks[order];
        const std::uint64_t b = std::min((*counters.free_blocks)[order], most_pages >> order);
        apart += (a > b ? a - b : b - a) << order;
    }
    if (check.verdict == Verdict::passed && apart > 2 * tolerance + found.unreadable) {
        check.verdict = Verdict::failed;
        check.reason = fmt::format("blocks of {} pages have another order than the kernel counts", apart);
    }
    // Blocks that are isolated (being taken offline, or for CMA) are on lists, but not among NR_FREE_PAGES.
    if (check.verdict == Verdict::passed && counters.free_pages &&
        *counters.free_pages > expected + found.unaccepted + tolerance + shares) {
        check.verdict = Verdict::failed;
        check.reason = fmt::format("NR_FREE_PAGES is {}, the free lists count {}: both cannot be true",
                                   *counters.free_pages, expected);
    }
    return check;
}

Check check_cache(const FoundPages& found, const KernelCounters& n, std::uint64_t tolerance) {
    const auto file_pages = n[NodeStat::file_pages];
    const auto inactive = n[NodeStat::inactive_file];
    const auto active = n[NodeStat::active_file];
    if (!file_pages || !inactive || !active)
        return unchecked("cache", cache_bits);
    std::uint64_t least = *inactive + *active; // mlocked ones come on top
    // The swap cache counts among file pages, but its pages are anonymous.
    if (const auto swap_cache = n[NodeStat::swap_cache])
        least = std::max(least, minus(*file_pages, *swap_cache));
    // What is on the LRU lists and is no mapped anonymous page: pages cut off a file are still there.
    std::uint64_t listed = 0;
    for (const NodeStat stat :
         {NodeStat::inactive_anon, NodeStat::active_anon, NodeStat::inactive_file, NodeStat::active_file,
          NodeStat::unevictable, NodeStat::isolated_anon, NodeStat::isolated_file})
        listed += std::min(n[stat].value_or(0), most_pages);
    const std::uint64_t most = std::max(*file_pages, minus(listed, n[NodeStat::anon_mapped].value_or(0)));
    return judged("cache", found.cache, std::min(least, most), most, tolerance, found.unreadable, cache_bits);
}

Check check_user(const FoundPages& found, const KernelCounters& n, std::uint64_t tolerance) {
    const auto mapped = n[NodeStat::anon_mapped];
    const auto inactive = n[NodeStat::inactive_anon];
    const auto active = n[NodeStat::active_anon];
    const auto unevictable = n[NodeStat::unevictable];
    if (!mapped || !inactive || !active || !unevictable)
        return unchecked("user", DumpLevel::user);
    // Anonymous pages and those of tmpfs are on these lists, and in part of the unevictable one.
    const std::uint64_t listed = *inactive + *active + *unevictable + n[NodeStat::isolated_anon].value_or(0);
    const std::uint64_t most = std::max(*mapped, minus(listed, n[NodeStat::shmem].value_or(0)));
    return judged("user", found.user, *mapped, most, tolerance, found.unreadable, DumpLevel::user);
}

Check check_hugetlb(const FoundPages& found, const KernelCounters& counters) {
    if (!counters.huge_pages)
        return unchecked("hugetlb", DumpLevel::user);
    return judged("hugetlb", found.hugetlb, *counters.huge_pages, *counters.huge_pages,
                  2 * counters.largest_huge_page, found.unreadable, DumpLevel::user);
}

Check check_slab(const FoundPages& found, const KernelCounters& n, std::uint64_t tolerance) {
    const auto reclaimable = n[NodeStat::slab_reclaimable];
    const auto unreclaimable = n[NodeStat::slab_unreclaimable];
    constexpr unsigned distrust = cache_bits | DumpLevel::user;
    if (!reclaimable || !unreclaimable)
        return unchecked("slab", distrust);
    const std::uint64_t counted = *reclaimable + *unreclaimable;
    // Large kmallocs count as slab, but are compound pages that do not say so (before Linux 6.14).
    return judged("slab", found.slab, minus(counted, found.kernel_blocks), counted, tolerance,
                  found.unreadable, distrust);
}

} // namespace

std::string_view to_text(Verdict verdict) {
    switch (verdict) {
    case Verdict::passed:
        return "passed";
    case Verdict::failed:
        return "failed";
    case Verdict::unchecked:
        break;
    }
    return "unchecked";
}

std::vector<Check> check_classes(const FoundPages& found, const KernelCounters& counters,
                                 std::uint64_t cpus_noted) {
    const std::uint64_t cpus = std::max<std::uint64_t>(counters.cpus != 0 ? counters.cpus : cpus_noted, 1);
    const std::uint64_t shares = counters.shares_read ? 0 : largest_share * cpus;
    const std::uint64_t tolerance = huge_page * cpus + shares;
    return {check_free(found, counters, shares * std::max<std::uint64_t>(counters.zones, 1)),
            check_cache(found, counters, tolerance), check_user(found, counters, tolerance),
            check_hugetlb(found, counters), check_slab(found, counters, tolerance)};
}

Check check_per_cpu_lists(const FoundLists& found, std::uint64_t cpus) {
    return judged("per_cpu_free", found.free, found.counted, found.counted,
                  huge_page * std::max<std::uint64_t>(cpus, 1), found.unseen, 0);
}

std::string consequence(const Check& check) {
    if (check.name == "per_cpu_free")
        return "free pages on per-CPU lists are kept";
    std::string classes;
    const auto add = [&](unsigned bits, std::string_view name) {
        if ((check.distrust & bits) != 0)
            classes += fmt::format("{}{}", classes.empty() ? "" : " and ", name);
    };
    add(DumpLevel::free, "free pages");
    add(cache_bits, "page cache");
    add(DumpLevel::user, "user pages");
    return classes + " are kept";
}

std::string describe(const Check& check) {
    if (check.verdict == Verdict::unchecked)
        return fmt::format("{}: {}", check.name, check.reason);
    const std::string expected = check.least == check.most ? fmt::format("{}", check.least)
                                                           : fmt::format("{} to {}", check.least, check.most);
    return fmt::format("{}: found {} pages, the kernel counts {} (tolerance {}{}){}{}", check.name,
                       check.found, expected, check.tolerance,
                       check.unseen == 0 ? "" : fmt::format(", {} pages could not be seen", check.unseen),
                       check.verdict == Verdict::failed ? ": " : "",
                       check.verdict == Verdict::failed ? check.reason : std::string());
}

} // namespace kdumpkit::dump
