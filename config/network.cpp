// SPDX-License-Identifier: GPL-2.0-or-later
#include "config/network.h"

#include "base/bytes.h"

#include <algorithm>
#include <sstream>

#include <arpa/inet.h>
#include <fmt/ranges.h>

namespace kdumpkit {
namespace {

struct Prefix {
    std::string address;
    std::optional<std::uint64_t> length; // nullopt: none, or no number
    bool has_length = false;
};

Prefix split_prefix(std::string_view text) {
    const std::size_t slash = text.find('/');
    if (slash == std::string_view::npos)
        return {std::string(text), std::nullopt, false};
    return {std::string(text.substr(0, slash)), parse_number(text.substr(slash + 1), 10), true};
}

Failure wrong(const Interface& interface, std::string reason) {
    return fail(make_error(ErrorKind::invalid, "use the interface", interface.name, std::move(reason)));
}

// Whether `lower` has to exist before `upper`.
bool stands_on(const Interface& upper, const Interface& lower) {
    return upper.parent == lower.name || lower.master == upper.name;
}

Result<> check_masters(const std::vector<Interface>& all, const Interface& one) {
    const auto find = [&](const std::string& name) {
        return std::find_if(all.begin(), all.end(), [&](const Interface& i) { return i.name == name; });
    };
    if (std::count_if(all.begin(), all.end(), [&](const Interface& i) { return i.name == one.name; }) > 1)
        return wrong(one, "there are two of this name");
    if (!one.parent.empty() && find(one.parent) == all.end())
        return wrong(one, fmt::format("its parent \"{}\" is not described", one.parent));
    if (one.master.empty())
        return {};
    const auto master = find(one.master);
    if (master == all.end())
        return wrong(one, fmt::format("its master \"{}\" is not described", one.master));
    if (master->kind != InterfaceKind::bond && master->kind != InterfaceKind::bridge)
        return wrong(one, fmt::format("its master \"{}\" is neither a bond nor a bridge", one.master));
    return {};
}

} // namespace

std::string_view to_text(NetworkMethod method) {
    switch (method) {
    case NetworkMethod::automatic:
        return "auto";
    case NetworkMethod::frozen:
        return "frozen";
    case NetworkMethod::dhcp:
        return "dhcp";
    }
    return "?";
}

std::string_view to_text(InterfaceKind kind) {
    switch (kind) {
    case InterfaceKind::device:
        return "device";
    case InterfaceKind::vlan:
        return "vlan";
    case InterfaceKind::bond:
        return "bond";
    case InterfaceKind::bridge:
        return "bridge";
    }
    return "?";
}

int address_family(const std::string& text) {
    const std::string address = split_prefix(text).address;
    in6_addr bytes{};
    if (::inet_pton(AF_INET, address.c_str(), &bytes) == 1)
        return AF_INET;
    return ::inet_pton(AF_INET6, address.c_str(), &bytes) == 1 ? AF_INET6 : AF_UNSPEC;
}

bool is_address_with_length(const std::string& text) {
    const Prefix prefix = split_prefix(text);
    const int family = address_family(prefix.address);
    return family != AF_UNSPEC && prefix.length && *prefix.length <= (family == AF_INET ? 32U : 128U);
}

std::string Route::text() const {
    return to + (via.empty() ? "" : " via " + via) + (metric == 0 ? "" : fmt::format(" metric {}", metric)) +
           (onlink ? " onlink" : "");
}

int Route::family() const {
    return address_family(to == "default" ? via : to);
}

std::optional<Route> parse_route(std::string_view text) {
    std::istringstream words{std::string(text)};
    Route route;
    if (!(words >> route.to) || (route.to != "default" && !is_address_with_length(route.to)))
        return std::nullopt;
    for (std::string word, value; words >> word;) {
        if (word == "onlink") {
            route.onlink = true;
            continue;
        }
        if (!(words >> value))
            return std::nullopt;
        const auto number = parse_number(value, 10);
        if (word == "via" && !value.empty() && value.find('/') == std::string::npos &&
            address_family(value) != AF_UNSPEC)
            route.via = value;
        else if (word == "metric" && number && *number <= 0xffffffff)
            route.metric = static_cast<unsigned>(*number);
        else
            return std::nullopt;
    }
    // A default without a gateway is of no family: 0.0.0.0/0 and ::/0 say which.
    if (route.family() == AF_UNSPEC)
        return std::nullopt;
    const bool one_family =
        route.via.empty() || route.to == "default" || address_family(route.to) == address_family(route.via);
    return one_family ? std::optional(route) : std::nullopt;
}

Result<std::vector<Interface>> base_first(std::vector<Interface> interfaces) {
    for (const Interface& one : interfaces)
        KDK_TRY(check_masters(interfaces, one));
    std::vector<Interface> sorted;
    while (!interfaces.empty()) {
        const auto next = std::find_if(interfaces.begin(), interfaces.end(), [&](const Interface& upper) {
            return std::none_of(interfaces.begin(), interfaces.end(),
                                [&](const Interface& lower) { return stands_on(upper, lower); });
        });
        if (next == interfaces.end())
            return wrong(interfaces.front(), "it stands on itself, by its parents and members");
        sorted.push_back(std::move(*next));
        interfaces.erase(next);
    }
    return sorted;
}

} // namespace kdumpkit
