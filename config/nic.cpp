// SPDX-License-Identifier: GPL-2.0-or-later
#include "config/nic.h"

#include <fmt/ranges.h>

namespace kdumpkit {

const Link* find_nic(const std::vector<Link>& links, const Interface& interface) {
    const Link* found = nullptr;
    for (const Link& link : links) {
        if (link.path.empty())
            continue;
        const bool same_path = !interface.path.empty() && link.path == interface.path;
        if (interface.mac.empty() ? !same_path : link.permanent_mac != interface.mac)
            continue;
        if (found == nullptr || same_path)
            found = &link;
    }
    return found;
}

std::string identity(const Interface& interface) {
    return interface.mac.empty() ? "path " + interface.path : "MAC " + interface.mac;
}

std::string devices_text(const std::vector<Link>& links) {
    std::vector<std::string> texts;
    for (const Link& link : links)
        if (!link.path.empty())
            texts.push_back(link.name + " " + link.permanent_mac);
    return texts.empty() ? "no network device at all" : fmt::format("{}", fmt::join(texts, ", "));
}

std::vector<std::string> describe(const Network& network, const std::vector<Link>& links) {
    std::vector<std::string> lines;
    for (const Interface& interface : network.interfaces) {
        if (interface.kind != InterfaceKind::device) {
            lines.push_back(fmt::format("{}: {}", interface.name, to_text(interface.kind)));
            continue;
        }
        const Link* nic = find_nic(links, interface);
        lines.push_back(nic == nullptr
                            ? fmt::format("{}: {} is not there; there is {}", interface.name,
                                          identity(interface), devices_text(links))
                            : fmt::format("{}: {} is {}", interface.name, identity(interface), nic->name));
    }
    return lines;
}

} // namespace kdumpkit
