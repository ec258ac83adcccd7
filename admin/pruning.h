// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "config/dumps.h"
#include "config/retention.h"
#include "config/settings.h"

#include <cstdint>
#include <functional>
#include <vector>

namespace kdumpkit::admin {

// What the settings' limits do to dumps (newest first, without those of other machines). One that a server of
// the settings is still to get stays, whatever the limits say, and so does one that `must_stay`.
struct Pruning {
    std::vector<Removal> removals;
    std::vector<const Dump*> waiting; // would go if a server had them
};
// Pure.
Pruning plan_pruning(const std::vector<Dump>& dumps, const Settings& settings, std::int64_t now,
                     const std::function<bool(const Dump&)>& must_stay = {});

} // namespace kdumpkit::admin
