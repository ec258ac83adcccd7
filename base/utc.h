// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <string>

namespace kdumpkit {

// Seconds since 1970 in UTC as `form` says (strftime(3)), "2026-11-23T01:02:03Z" unless told otherwise; 1970
// for what is no time.
std::string utc_text(std::int64_t seconds, const char* form = "%Y-%m-%dT%H:%M:%SZ");

} // namespace kdumpkit
