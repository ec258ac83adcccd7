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

std::string Plan::text() const {
    std::string text = fmt::format("{:<12} {:#012x}-{:#012x} {:>10}\n", "reservation", reservation.begin,
                                   reservation.end - 1, human_bytes(reservation.size()));
    std::vector<Segment> sorted = segments;
    std::ranges::sort(sorted, {}, [](const Segment& s) { return s.memory.begin; });
    for (const Segment& s : sorted)
        text += fmt::format("  {:<10} {:#012x}-{:#012x} {:>10}, {} bytes loaded\n", s.name, s.memory.begin,
                            s.memory.end - 1, human_bytes(s.memory.size()), s.content);
    return text;
}

Result<Plan> place_segments(const Range& reservation, const std::vector<Demand>& demands,
                            std::uint64_t kept_free) {
    Plan plan{reservation, kept_free, {}};
    std::uint64_t bottom = reservation.begin, top = align_down(reservation.end, page);
    for (const Demand& demand : demands) {
        const auto size = align_up(std::max({demand.memory, demand.content, std::uint64_t{1}}), page);
        const std::uint64_t alignment = std::max(demand.alignment, page);
        const auto low = align_up(bottom, alignment);
        if (!size || !low || top < bottom || *size > top - bottom)
            return too_small(reservation, demands, kept_free);
        const std::uint64_t begin = demand.lowest ? *low : align_down(top - *size, alignment);
        if (begin < bottom || begin > top || *size > top - begin)
            return too_small(reservation, demands, kept_free);
        plan.segments.push_back({demand.name, demand.content, {begin, begin + *size}});
        if (demand.lowest)
            bottom = begin + *size;
        else
            top = begin;
    }
    if (top < bottom || top - bottom < kept_free)
        return too_small(reservation, demands, kept_free);
    return plan;
}

} // namespace kdumpkit::loader
