// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/format/elf_plan.h"

#include <algorithm>
#include <optional>

namespace kdumpkit::dump::format {

namespace {

// The run of members that begins at or after `pfn`.
std::optional<Range> next_run(const PageSet& set, std::uint64_t pfn) {
    const auto begin = set.next(pfn);
    if (!begin)
        return std::nullopt;
    return Range{*begin, set.end_of_run(*begin)};
}

// The segments inside one stretch of memory.
void plan_stretch(const Range& stretch, const PageSet& kept, const PageSet& readable, std::uint64_t gap,
                  std::vector<ElfSegment>& segments) {
    ElfSegment segment{{stretch.begin, stretch.begin}, 0};
    for (auto run = next_run(kept, stretch.begin); run && run->begin < stretch.end;
         run = next_run(kept, run->end)) {
        run->end = std::min(run->end, stretch.end);
        const std::uint64_t missing = run->begin - segment.pages.end;
        if (missing >= gap || (missing != 0 && readable.count(segment.pages.end, run->begin) != missing)) {
            segment.pages.end = run->begin;
            segments.push_back(segment);
            segment = {{run->begin, run->begin}, 0};
        }
        segment.pages.end = run->end;
        segment.stored = run->end - segment.pages.begin;
    }
    segment.pages.end = stretch.end;
    segments.push_back(segment);
}

std::vector<ElfSegment> plan_segments(const PageSet& kept, const PageSet& memory, const PageSet& readable,
                                      std::uint64_t gap, std::size_t most) {
    std::vector<ElfSegment> segments;
    for (auto stretch = next_run(memory, 0); stretch && segments.size() <= most;
         stretch = next_run(memory, stretch->end))
        plan_stretch(*stretch, kept, readable, gap, segments);
    return segments;
}

} // namespace

ElfPlan plan_elf(const PageSet& kept, const PageSet& memory, const PageSet& readable, std::size_t most) {
    constexpr std::uint64_t longest = std::uint64_t{1} << 30;
    ElfPlan plan{{}, PageSet(std::max(kept.limit(), memory.limit()))};
    for (std::uint64_t gap = elf_gap; gap <= longest; gap *= 2) {
        // At the longest gap the stretches of memory themselves are what there is.
        plan.segments = plan_segments(kept, memory, readable, gap, gap == longest ? SIZE_MAX : most);
        if (plan.segments.size() <= most)
            break;
    }
    for (const ElfSegment& segment : plan.segments)
        plan.pages.insert(segment.pages.begin, segment.pages.begin + segment.stored);
    return plan;
}

} // namespace kdumpkit::dump::format
