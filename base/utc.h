// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <string>

namespace kdumpkit {

// Seconds since 1970 in UTC as `form` says (strftime(3)), "2026-11-23T01:02:03Z" unless told otherwise; 1970
// for what is no time.
std::string utc_text(std::int64_t seconds, const char* form = "%Y-%m-%dT%H:%M:%SZ");

// Whether a clock that tells this time was set: Linux 5.10, the oldest that is supported, is of 2020-12-13.
constexpr bool clock_was_set(std::int64_t seconds) {
    return seconds >= 1607817600;
}

} // namespace kdumpkit
