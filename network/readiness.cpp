// SPDX-License-Identifier: GPL-2.0-or-later
#include "network/readiness.h"

#include "config/nic.h"

#include <algorithm>

#include <fmt/format.h>
#include <sys/socket.h>

namespace kdumpkit::network {
namespace {

bool has_global_address(const Link& link, int family) {
    return std::any_of(link.addresses.begin(), link.addresses.end(), [&](const LinkAddress& address) {
        return address.family == family && address.global && !address.tentative && !address.dad_failed;
    });
}

} // namespace

std::string what_is_missing(const Interface& interface, const Link& link, bool dhcp_done) {
    if (!link.carrier)
        return "its link is down (no carrier)";
    if (interface.dhcp && !dhcp_done)
        return "no DHCP server was asked yet";
    if (interface.accept_ra && !has_global_address(link, AF_INET6))
        return "no router gave it an IPv6 address";
    std::string missing;
    for (const LinkAddress& address : link.addresses) {
        const auto& own = interface.addresses;
        if (std::find(own.begin(), own.end(), address.text) == own.end())
            continue;
        if (address.dad_failed)
            missing = fmt::format("another machine has its address {}", address.text);
        else if (address.tentative)
            missing = fmt::format("{} is not yet known to be free", address.text);
    }
    return missing;
}

std::string description(const Interface& interface, const std::string& name) {
    const std::string& text = name.empty() ? interface.name : name;
    if (interface.kind != InterfaceKind::device)
        return fmt::format("{} ({})", text, to_text(interface.kind));
    return fmt::format("{} ({}{})", text, identity(interface),
                       text == interface.name ? "" : ", the settings' " + interface.name);
}

std::vector<std::string> global_addresses(const Link& link) {
    std::vector<std::string> texts;
    for (const LinkAddress& address : link.addresses)
        if (address.global)
            texts.push_back(address.text);
    return texts;
}

} // namespace kdumpkit::network
