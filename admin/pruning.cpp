// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/pruning.h"

#include "admin/forward.h"

namespace kdumpkit::admin {

Pruning plan_pruning(const std::vector<Dump>& dumps, const Settings& settings, std::int64_t now,
                     const std::function<bool(const Dump&)>& must_stay) {
    const auto waits = [&](const Dump& dump) { return !servers_without(dump, dumps, settings).empty(); };
    const auto stays = [&](const Dump& dump) { return (must_stay && must_stay(dump)) || waits(dump); };
    Pruning pruning{choose_removals(dumps, settings.retention, now, stays), {}};
    for (const Removal& removal : choose_removals(dumps, settings.retention, now, must_stay))
        if (waits(*removal.dump))
            pruning.waiting.push_back(removal.dump);
    return pruning;
}

} // namespace kdumpkit::admin
