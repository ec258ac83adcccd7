// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/survey.h"

#include "makedumpfile-lite/kernel/nodes.h"

#include <algorithm>

namespace kdumpkit::dump {

namespace {

// Pages behind the image's own that may be looked at because the kernel has struct pages for them.
constexpr std::uint64_t max_survey = std::uint64_t{1} << 24;

} // namespace

Survey survey(const Image& image, const Kernel::Data& kernel, VirtualMemory& memory, bool all_of_nodes) {
    Survey result;
    RangeSet& pages = result.pages;
    for (const Range& range : image.memory().ranges())
        pages.add({range.begin / kernel.page_size, range.end / kernel.page_size});
    std::uint64_t budget = max_survey;
    for (const Range& range : pages.ranges())
        budget += range.size();
    if (!all_of_nodes)
        return result;
    const auto start = kernel.info.offset("pglist_data.node_start_pfn");
    const auto length = kernel.info.offset("pglist_data.node_spanned_pages");
    RangeSet others;
    if (start && length)
        for (const std::uint64_t node : nodes(memory, kernel.info)) {
            const auto first = memory.u64(node + *start);
            const auto count = memory.u64(node + *length);
            const auto end = first && count ? checked_add(*first, *count) : std::nullopt;
            if (end && *end <= PageSet::highest_limit)
                others.add({*first, *end});
        }
    others.subtract(pages);
    for (const Range& range : others.ranges()) {
        const std::uint64_t taken = std::min(range.size(), budget);
        if (taken != 0)
            pages.add({range.begin, range.begin + taken});
        budget -= taken;
        result.unseen += range.size() - taken;
    }
    return result;
}

} // namespace kdumpkit::dump
