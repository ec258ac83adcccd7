// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "config/retention.h"
#include "config/settings.h"

#include <cstdint>
#include <string>
#include <vector>

namespace kdumpkit::capture {

// How large a dump will be, before a page was looked at: a guess, and what it rests on.
struct DumpGuess {
    std::uint64_t bytes = 0;
    std::string basis; // "half more than the last one here, 63 MiB", "a twentieth of the memory"
};
// `earlier`: the dumps on the target, newest first. `memory`: bytes of the crashed machine.
DumpGuess guess_dump(const Settings& settings, const std::vector<Dump>& earlier, std::uint64_t memory);

// Which of `dumps` (newest first) go before a new one comes: those that the retention does not
// keep, and as many more (at the end) as retention.free_gib asks for; none of these when all of them were not
// enough. The newest complete dump always stays. Bytes.
struct Room {
    std::vector<Removal> removals;
    std::string out_of_reach; // why retention.free_gib cannot be had; empty: it can
};
Room make_room(const std::vector<Dump>& dumps, const Retention& retention, std::int64_t now,
               std::uint64_t available, std::uint64_t expected);

} // namespace kdumpkit::capture
