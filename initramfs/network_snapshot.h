// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "base/links.h"
#include "config/network.h"

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace kdumpkit::initramfs {

// A route of the main table.
struct RouteEntry {
    Route route;
    int family = 0;
    int link = 0;           // index of the interface
    bool of_kernel = false; // it comes by itself with an address
    bool dynamic = false;   // from a DHCP server or a router
    friend bool operator==(const RouteEntry&, const RouteEntry&) = default;
};

// How the running system would reach an address now.
struct Way {
    std::string address;
    int link = 0;    // index of the interface
    std::string via; // a gateway, or empty
    friend bool operator==(const Way&, const Way&) = default;
};

// The running system's network, as text and numbers.
struct NetworkSnapshot {
    std::vector<Link> links;
    std::vector<RouteEntry> routes;
    std::map<std::string, std::vector<std::string>> bonds; // by name: "OPTION=VALUE", as in Interface::bond
    std::set<std::string> leased;   // interfaces for which a DHCP client has left a lease
    std::set<std::string> wireless; // interfaces that need a password first
};
Result<NetworkSnapshot> read_network(const std::string& sysfs, const std::string& run);

// Asks the kernel. `absent` when no route leads there.
Result<Way> way_to(const std::string& address);

// The options of a bond that matter in its mode. `read` answers what a file of the bonding folder holds.
std::vector<std::string> bond_options(const std::function<std::string(const char*)>& read);

} // namespace kdumpkit::initramfs
