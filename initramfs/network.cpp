// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/network.h"

#include "base/bytes.h"

#include <algorithm>
#include <array>
#include <map>

#include <arpa/inet.h>
#include <fmt/format.h>

namespace kdumpkit::initramfs {
namespace {

constexpr const char* describe_it =
    "choose a target that another way leads to, or describe the capture kernel's "
    "network in [network] of the settings";

// Everything that one answer of interfaces_of() is made from.
class Freezer {
  public:
    Freezer(const NetworkSnapshot& snapshot, const std::vector<Way>& ways, NetworkMethod method)
        : snapshot_(snapshot), ways_(ways), method_(method) {}

    Result<std::vector<Interface>> run() {
        for (const Way& way : ways_) {
            const Link* link = by_index(way.link);
            if (link == nullptr)
                return fail(ErrorKind::absent, "find the interface to", way.address, "it went away");
            if (link->loopback)
                return fail(make_error(ErrorKind::invalid, "freeze the way to", way.address,
                                       "it is this machine itself")
                                .then("name another machine"));
            KDK_TRY(add(*link));
        }
        for (auto& [index, interface] : made_)
            add_addresses(*by_index(index), interface);
        std::vector<Interface> interfaces;
        for (auto& [index, interface] : made_)
            interfaces.push_back(std::move(interface));
        return base_first(std::move(interfaces));
    }

  private:
    [[nodiscard]] const Link* by_index(int index) const {
        const auto link = std::find_if(snapshot_.links.begin(), snapshot_.links.end(),
                                       [&](const Link& one) { return one.index == index; });
        return link == snapshot_.links.end() ? nullptr : &*link;
    }

    // The interface and what it stands on; its master, too, is made when that one is what leads to a target.
    Result<> add(const Link& link) {
        if (made_.contains(link.index))
            return {};
        KDK_ASSIGN(const InterfaceKind kind, kind_of(link));
        Interface interface;
        interface.name = link.name;
        interface.kind = kind;
        interface.mtu = link.mtu;
        if (kind == InterfaceKind::device) {
            interface.mac = link.permanent_mac;
            interface.path = link.path;
        } else if (!inherits_mac(link)) {
            interface.mac = link.mac;
        }
        made_[link.index] = interface;
        if (kind == InterfaceKind::vlan) {
            const Link* parent = by_index(link.parent);
            if (parent == nullptr)
                return fail(ErrorKind::absent, "find the interface below", link.name,
                            "it is in another network namespace");
            made_[link.index].vlan = link.vlan;
            made_[link.index].parent = parent->name;
            KDK_TRY(add(*parent));
        }
        if (kind == InterfaceKind::bond) {
            const auto options = snapshot_.bonds.find(link.name);
            if (options != snapshot_.bonds.end())
                made_[link.index].bond = options->second;
        }
        return kind == InterfaceKind::bond || kind == InterfaceKind::bridge ? add_members(link) : Result<>();
    }

    Result<> add_members(const Link& master) {
        std::size_t members = 0;
        for (const Link& link : snapshot_.links) {
            if (link.master != master.index)
                continue;
            // Of a bridge's members, those of virtual machines are gone after a panic.
            if (master.kind == "bridge" && !kind_of(link))
                continue;
            KDK_TRY(add(link));
            made_[link.index].master = master.name;
            ++members;
        }
        if (members == 0)
            return fail(make_error(ErrorKind::unsupported, "freeze the interface", master.name,
                                   "none of its members leads out of this machine")
                            .then(describe_it));
        return {};
    }

    // A VLAN takes its parent's address by itself. A bond and a bridge take that of a member, and which one
    // that is may change.
    [[nodiscard]] bool inherits_mac(const Link& link) const {
        if (const Link* parent = by_index(link.parent); parent != nullptr)
            return parent->mac == link.mac;
        return false;
    }

    [[nodiscard]] Result<InterfaceKind> kind_of(const Link& link) const {
        const auto refuse = [&](const std::string& reason) {
            return fail(make_error(ErrorKind::unsupported, "freeze the interface", link.name, reason)
                            .then(describe_it));
        };
        if (snapshot_.wireless.contains(link.name))
            return refuse("it is wireless, and the capture kernel cannot log in");
        if (link.kind == "vlan")
            return InterfaceKind::vlan;
        if (link.kind == "bond")
            return InterfaceKind::bond;
        if (link.kind == "bridge")
            return InterfaceKind::bridge;
        if (!link.kind.empty() || link.path.empty())
            return refuse(fmt::format("it is no network device but {}",
                                      link.kind.empty() ? "virtual" : "a \"" + link.kind + "\" interface"));
        return InterfaceKind::device;
    }

    // An address of a DHCP server stays as well: it is taken when no server answers.
    void add_addresses(const Link& link, Interface& interface) const {
        if (!interface.master.empty())
            return; // its master has them
        for (const LinkAddress& address : link.addresses) {
            if (!address.global || address.temporary)
                continue;
            const bool dynamic = address.dynamic || snapshot_.leased.contains(link.name);
            if (address.family == AF_INET) {
                interface.addresses.push_back(address.text);
                interface.dhcp |=
                    method_ == NetworkMethod::dhcp || (method_ == NetworkMethod::automatic && dynamic);
            } else if (address.dynamic && !address.text.ends_with("/128")) {
                interface.accept_ra = true;
            } else {
                interface.addresses.push_back(address.text);
            }
        }
        if (interface.carries_addresses())
            add_routes(link, interface);
    }

    // Not every route of a router with a million of them: those that lead somewhere that matters.
    void add_routes(const Link& link, Interface& interface) const {
        const auto add = [&](const Route& route) {
            if (std::find(interface.routes.begin(), interface.routes.end(), route) == interface.routes.end())
                interface.routes.push_back(route);
        };
        for (const RouteEntry& entry : snapshot_.routes) {
            const bool by_router = entry.family == AF_INET6 && (entry.dynamic || entry.of_kernel);
            if (entry.link != link.index || by_router || (entry.of_kernel && entry.route.via.empty()))
                continue;
            if (entry.route.to == "default" && entry.route.via.empty())
                continue; // a point-to-point link's
            const bool leads = std::any_of(ways_.begin(), ways_.end(), [&](const Way& way) {
                return address_family(way.address) == entry.family && covers(entry.route.to, way.address);
            });
            if (entry.route.to == "default" || leads)
                add(entry.route);
        }
        // A way that other tables or rules decide on.
        for (const Way& way : ways_) {
            const bool known =
                std::any_of(interface.routes.begin(), interface.routes.end(), [&](const Route& route) {
                    return route.via == way.via && address_family(route.via) == address_family(way.address) &&
                           covers(route.to, way.address);
                });
            const bool by_router = address_family(way.address) == AF_INET6 && interface.accept_ra;
            if (way.link == link.index && !way.via.empty() && !known && !by_router)
                add({way.address + (address_family(way.address) == AF_INET ? "/32" : "/128"), way.via, 0,
                     false});
        }
        // Gateways come before what they lead to.
        std::stable_sort(interface.routes.begin(), interface.routes.end(),
                         [](const Route& a, const Route& b) { return a.via.empty() && !b.via.empty(); });
    }

    const NetworkSnapshot& snapshot_;
    const std::vector<Way>& ways_;
    NetworkMethod method_;
    std::map<int, Interface> made_; // by the link's index
};

} // namespace

bool covers(const std::string& network, const std::string& address) {
    if (network == "default")
        return true;
    const std::size_t slash = network.find('/');
    const int family = address_family(address);
    const auto length = parse_number(std::string_view(network).substr(slash + 1), 10);
    if (family == AF_UNSPEC || address_family(network) != family || !length)
        return false;
    std::array<unsigned char, 16> a{}, b{};
    ::inet_pton(family, network.substr(0, slash).c_str(), a.data());
    ::inet_pton(family, address.c_str(), b.data());
    for (std::uint64_t bit = 0; bit < *length; ++bit) {
        const unsigned mask = 0x80U >> (bit % 8);
        if ((a.at(bit / 8) & mask) != (b.at(bit / 8) & mask))
            return false;
    }
    return true;
}

Result<std::vector<Interface>> interfaces_of(const NetworkSnapshot& snapshot, const std::vector<Way>& ways,
                                             NetworkMethod method) {
    return Freezer(snapshot, ways, method).run();
}

std::vector<ModuleRequest> interface_modules(const std::vector<Interface>& interfaces) {
    std::vector<ModuleRequest> requests;
    const auto need = [&](const Interface& interface, const char* module, bool required) {
        requests.push_back({module, fmt::format("the interface {} is made of it", interface.name), required});
    };
    for (const Interface& interface : interfaces) {
        if (interface.kind == InterfaceKind::vlan)
            need(interface, "8021q", true);
        if (interface.kind == InterfaceKind::bond)
            need(interface, "bonding", true);
        if (interface.kind == InterfaceKind::bridge)
            need(interface, "bridge", true);
        if (interface.dhcp)
            need(interface, "af_packet", false);
        if (interface.accept_ra ||
            std::any_of(interface.addresses.begin(), interface.addresses.end(),
                        [](const std::string& text) { return address_family(text) == AF_INET6; }))
            need(interface, "ipv6", false);
    }
    return requests;
}

} // namespace kdumpkit::initramfs
