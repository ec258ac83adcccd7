// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/room.h"

#include "base/progress.h"

#include <algorithm>

#include <fmt/format.h>

namespace kdumpkit::capture {

DumpGuess guess_dump(const Settings& settings, const std::vector<Dump>& earlier, std::uint64_t memory) {
    if (settings.method == DumpMethod::copy)
        return {memory, "all of the memory"};
    const auto last = std::find_if(earlier.begin(), earlier.end(), [&](const Dump& dump) {
        return dump.complete && dump.memory_bytes && *dump.memory_bytes == memory;
    });
    if (last != earlier.end())
        return {last->disk_bytes + last->disk_bytes / 2,
                fmt::format("half more than the last one here, {}", human_bytes(last->disk_bytes))};
    if (settings.level < 31)
        return {memory / 2, "half of the memory"};
    return {memory / 20, "a twentieth of the memory"};
}

Room make_room(const std::vector<Dump>& dumps, const Retention& retention, std::int64_t now,
               std::uint64_t available, std::uint64_t expected) {
    Room plan{choose_removals(dumps, retention, now), {}};
    if (retention.free_gib == 0)
        return plan;
    const std::uint64_t wanted = (std::uint64_t{retention.free_gib} << 30) + expected;
    std::uint64_t room = available;
    for (const Removal& removal : plan.removals)
        room += removal.dump->disk_bytes;
    const std::vector<const Dump*> ordered = newest_first(dumps, now);
    const auto newest_complete =
        std::find_if(ordered.begin(), ordered.end(), [](const Dump* dump) { return dump->complete; });
    std::vector<Removal> more;
    for (auto next = ordered.rbegin(); next != ordered.rend() && room < wanted; ++next) {
        const Dump* const dump = *next;
        const bool gone = std::any_of(plan.removals.begin(), plan.removals.end(),
                                      [&](const Removal& removal) { return removal.dump == dump; });
        if (gone || (newest_complete != ordered.end() && dump == *newest_complete))
            continue;
        more.push_back({dump, fmt::format("less than {} GiB would be free", retention.free_gib)});
        room += dump->disk_bytes;
    }
    // Dumps that would go for nothing stay.
    if (room >= wanted)
        plan.removals.insert(plan.removals.end(), more.begin(), more.end());
    else
        plan.out_of_reach = fmt::format(
            "{} GiB cannot be kept free{}", retention.free_gib,
            more.empty() ? "" : fmt::format(", not even without {} older dumps: they stay", more.size()));
    return plan;
}

} // namespace kdumpkit::capture
