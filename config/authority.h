// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kdumpkit {

// HOST[:PORT] of a URL; the host is a name, an IPv4 address or an IPv6 address in brackets.
struct Authority {
    std::string host; // in lower case, without brackets; may be empty
    std::optional<std::uint16_t> port;
    std::string wrong; // what is; empty: nothing
};
// Pure.
Authority parse_authority(std::string_view text);

} // namespace kdumpkit
