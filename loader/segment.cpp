// SPDX-License-Identifier: GPL-2.0-or-later
#include "loader/segment.h"

#include "base/progress.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

namespace kdumpkit::loader {

namespace {

// What everything needs from the start of the reservation, or nullopt beyond 64 bits.
std::optional<std::uint64_t> needed_bytes(std::uint64_t start, const std::vector<Demand>& demands,
                                          std::uint64_t kept_free) {
    std::optional<std::uint64_t> end = start;
    for (const Demand& demand : demands) {
        if (!end)
            return std::nullopt;
        // Placing from the top down wastes less than its alignment, too.
        if (const auto aligned = align_up(*end, demand.alignment); aligned)
            end = checked_add(*aligned,
                              align_up(std::max(demand.memory, demand.content), page).value_or(~0ULL));
        else
            return std::nullopt;
    }
    end = end ? checked_add(*end, kept_free) : end;
    return end ? std::optional(*end - start) : std::nullopt;
}

std::string table(const std::vector<Demand>& demands, std::uint64_t kept_free) {
    std::string text;
    for (const Demand& demand : demands)
        text += fmt::format("\n    {:<12} {:>12} bytes ({})", demand.name,
                            std::max(demand.memory, demand.content),
                            human_bytes(std::max(demand.memory, demand.content)));
    return text +
           fmt::format("\n    {:<12} {:>12} bytes ({})", "kept free", kept_free, human_bytes(kept_free));
}

Failure too_small(const Range& reservation, const std::vector<Demand>& demands, std::uint64_t kept_free) {
    const auto needed = needed_bytes(reservation.begin, demands, kept_free);
    const std::uint64_t missing =
        needed ? std::max(*needed, reservation.size() + 1) - reservation.size() : ~std::uint64_t{0};
    constexpr std::uint64_t mebibyte = std::uint64_t{1} << 20;
    return fail(
        make_error(ErrorKind::absent, "place the capture kernel in",
                   fmt::format("the crash reservation {:#x}-{:#x}", reservation.begin, reservation.end - 1),
                   fmt::format("it has {} bytes ({}), too small by {} bytes ({}); demanded:{}",
                               reservation.size(), human_bytes(reservation.size()), missing,
                               human_bytes(missing), table(demands, kept_free)))
            .then(fmt::format("boot with crashkernel={}M or more: the capture kernel needs memory to run "
                              "in besides (192M is a good start), or make the initrd smaller",
                              (needed.value_or(0) + 64 * mebibyte) / mebibyte)));
}

} // namespace

const Segment& Plan::segment(std::string_view name) const {
    return *std::ranges::find(segments, name, &Segment::name);
}

RangeSet Plan::free() const {
    RangeSet left;
    for (const Range& range : rooms)
        left.add(range);
    for (const Segment& s : segments)
        left.subtract(s.memory);
    return left;
}

std::string Plan::text() const {
    std::string text;
    for (const Range& range : rooms)
        text += fmt::format("{:<12} {:#012x}-{:#012x} {:>10}\n", room, range.begin, range.end - 1,
                            human_bytes(range.size()));
    std::vector<Segment> sorted = segments;
    std::ranges::sort(sorted, {}, [](const Segment& s) { return s.memory.begin; });
    for (const Segment& s : sorted)
        text += fmt::format("  {:<10} {:#012x}-{:#012x} {:>10}, {} bytes loaded\n", s.name, s.memory.begin,
                            s.memory.end - 1, human_bytes(s.memory.size()), s.content);
    const RangeSet left = free();
    const auto& pieces = left.ranges();
    const auto largest = std::ranges::max_element(pieces, {}, &Range::size);
    return text + fmt::format("free         {} in {} pieces, the largest {}\n", human_bytes(left.total()),
                              pieces.size(), human_bytes(largest == pieces.end() ? 0 : largest->size()));
}

namespace {

// Where a demand fits into what is free, or nullopt.
std::optional<Range> find_place(const RangeSet& free, const Demand& demand) {
    const auto size = align_up(std::max({demand.memory, demand.content, std::uint64_t{1}}), page);
    if (!size)
        return std::nullopt;
    if (demand.at) {
        const auto end = checked_add(*demand.at, *size);
        if (*demand.at % page != 0 || !end || !free.contains(Range{*demand.at, *end}))
            return std::nullopt;
        return Range{*demand.at, *end};
    }
    const std::uint64_t alignment = std::max(demand.alignment, page);
    const auto in = [&](const Range& whole) -> std::optional<Range> {
        if (!whole.overlaps(demand.within))
            return std::nullopt;
        const Range room = whole.intersection(demand.within);
        const auto low = align_up(room.begin, alignment);
        const std::uint64_t top = align_down(room.end, page);
        if (!low || *low >= top || *size > top - *low)
            return std::nullopt;
        const std::uint64_t begin = demand.lowest ? *low : align_down(top - *size, alignment);
        return Range{begin, begin + *size};
    };
    const auto& rooms = free.ranges();
    if (demand.lowest) {
        for (const Range& room : rooms)
            if (const auto place = in(room))
                return place;
    } else {
        for (auto room = rooms.rbegin(); room != rooms.rend(); ++room)
            if (const auto place = in(*room))
                return place;
    }
    return std::nullopt;
}

// The places of all demands in their order; nullopt, with the first that found none in `missing`, otherwise.
std::optional<std::vector<Segment>> find_places(RangeSet free, const std::vector<Demand>& demands,
                                                std::uint64_t kept_free, std::string& missing) {
    std::vector<Segment> segments(demands.size());
    // Who can be in one place only comes first.
    for (const bool fixed : {true, false})
        for (std::size_t i = 0; i < demands.size(); ++i) {
            if (demands[i].at.has_value() != fixed)
                continue;
            const auto place = find_place(free, demands[i]);
            if (!place) {
                missing = demands[i].name;
                return std::nullopt;
            }
            free.subtract(*place);
            segments[i] = {demands[i].name, demands[i].content, *place};
        }
    if (kept_free != 0 &&
        std::ranges::none_of(free.ranges(), [&](const Range& r) { return r.size() >= kept_free; })) {
        missing = "kept free";
        return std::nullopt;
    }
    return segments;
}

} // namespace

Result<Plan> place_segments(const Range& reservation, const std::vector<Demand>& demands,
                            std::uint64_t kept_free) {
    for (const Demand& demand : demands)
        if (const std::uint64_t size = std::max(demand.memory, demand.content);
            demand.at && (*demand.at < reservation.begin || *demand.at >= reservation.end ||
                          size > reservation.end - *demand.at))
            return fail(
                make_error(ErrorKind::unsupported, "place",
                           fmt::format("the {} of {} bytes", demand.name, size),
                           fmt::format("it runs at {:#x} only, outside the crash reservation {:#x}-{:#x}",
                                       *demand.at, reservation.begin, reservation.end - 1))
                    .then(fmt::format("give a relocatable kernel (CONFIG_RELOCATABLE), or boot with "
                                      "crashkernel=SIZE@{:#x}",
                                      *demand.at)));
    for (const Demand& demand : demands)
        if (const std::uint64_t size = std::max(demand.memory, demand.content);
            !demand.within.contains(reservation) && reservation.intersection(demand.within).size() < size)
            return fail(make_error(ErrorKind::unsupported, "place",
                                   fmt::format("the {} of {} bytes", demand.name, size),
                                   fmt::format("it has to lie in {:#x}-{:#x}, where the crash reservation "
                                               "{:#x}-{:#x} has no room for it",
                                               demand.within.begin, demand.within.end - 1, reservation.begin,
                                               reservation.end - 1))
                            .then("boot with crashkernel=SIZE@OFFSET inside that range"));
    std::string missing;
    auto segments = find_places(RangeSet{reservation}, demands, kept_free, missing);
    if (!segments)
        return too_small(reservation, demands, kept_free);
    return Plan{"reservation", {reservation}, kept_free, std::move(*segments)};
}

Result<Plan> place_in_memory(const RangeSet& memory, const std::vector<Demand>& demands,
                             std::uint64_t kept_free) {
    std::string missing;
    auto segments = find_places(memory, demands, kept_free, missing);
    if (!segments)
        return fail(make_error(ErrorKind::absent, "place", fmt::format("the {} in memory", missing),
                               fmt::format("{} of memory in {} pieces have no room for it; demanded:{}",
                                           human_bytes(memory.total()), memory.ranges().size(),
                                           table(demands, kept_free)))
                        .then("give a smaller initrd, or a relocatable kernel (CONFIG_RELOCATABLE)"));
    return Plan{"memory", memory.ranges(), kept_free, std::move(*segments)};
}

} // namespace kdumpkit::loader
