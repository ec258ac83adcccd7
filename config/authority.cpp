// SPDX-License-Identifier: GPL-2.0-or-later
#include "config/authority.h"

#include "base/bytes.h"
#include "base/text.h"

#include <algorithm>

#include <arpa/inet.h>
#include <fmt/format.h>

namespace kdumpkit {
namespace {

bool is_host_name(std::string_view name) {
    return !name.empty() && name.size() <= 253 && name.front() != '-' && name.front() != '.' &&
           name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789.-_") == std::string_view::npos;
}

bool is_ipv6(const std::string& text) {
    in6_addr address{};
    return ::inet_pton(AF_INET6, text.c_str(), &address) == 1;
}

} // namespace

Authority parse_authority(std::string_view text) {
    Authority found;
    const bool bracket = text.starts_with('[');
    const std::size_t end = bracket ? text.find(']') : text.find(':');
    if (bracket && end == std::string_view::npos) {
        found.wrong = "the [ of the host has no ]";
        return found;
    }
    found.host = lower_case(bracket ? text.substr(1, end - 1) : text.substr(0, end));
    text.remove_prefix(bracket ? end + 1 : std::min(end, text.size()));
    if (bracket ? !is_ipv6(found.host) : !found.host.empty() && !is_host_name(found.host)) {
        found.wrong = fmt::format("\"{}\" is not the name or address of a host", found.host);
    } else if (!text.empty()) {
        const auto number = text.front() == ':' ? parse_number(text.substr(1), 10) : std::nullopt;
        if (!number || *number == 0 || *number > 65535)
            found.wrong = fmt::format("\"{}\" is not a port number after :", text);
        else
            found.port = static_cast<std::uint16_t>(*number);
    }
    return found;
}

} // namespace kdumpkit
