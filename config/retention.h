// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "config/dumps.h"
#include "config/settings.h"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace kdumpkit {

struct Removal {
    const Dump* dump;
    std::string reason; // "older than 30 days"
};

// Pure: which of `dumps` (newest first, without those of other machines) go, oldest first. The newest
// complete dump always stays, whatever is newer than it, and so do those that `must_stay`; dumps on raw
// partitions are none of this. Copies of one panic, on several targets, count as one. `now` in seconds since
// 1970; no limit of days is for a dump from the future.
std::vector<Removal> choose_removals(const std::vector<Dump>& dumps, const Retention& retention,
                                     std::int64_t now,
                                     const std::function<bool(const Dump&)>& must_stay = {});

// Removes a dump's folder. It is renamed first, so that nobody takes what is left of it for a dump when this
// is interrupted; remove_leftovers() goes on with it.
Result<> remove_dump(const Dump& dump);
Result<> remove_leftovers(const std::vector<std::string>& folders);

} // namespace kdumpkit
