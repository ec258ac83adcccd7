// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"

#include <string>
#include <string_view>
#include <vector>

namespace kdumpkit {

// An address of an interface.
struct LinkAddress {
    std::string text; // ADDRESS/LENGTH
    int family = 0;   // AF_INET or AF_INET6
    bool global = false;
    bool tentative = false;  // IPv6: not yet known to be nobody else's
    bool dad_failed = false; // IPv6: somebody else has it
    bool temporary = false;  // IPv6: a privacy address
    bool dynamic = false;    // it has a lifetime: from a DHCP server or a router
    friend bool operator==(const LinkAddress&, const LinkAddress&) = default;
};

// An interface as the kernel has it.
struct Link {
    int index = 0;
    std::string name;
    std::string kind;          // "vlan", "bond", "bridge", …; empty for a device
    std::string mac;           // in use
    std::string permanent_mac; // of the hardware; empty when there is none
    std::string path;          // below /sys/devices, without virtio's own numbering; empty when it is virtual
    int master = 0;            // index of the bond or bridge that it belongs to, or 0
    int parent = 0;            // index of what carries a VLAN, or 0
    unsigned vlan = 0;
    unsigned mtu = 0;
    bool loopback = false;
    bool up = false;      // switched on
    bool carrier = false; // and connected
    std::vector<LinkAddress> addresses;
    friend bool operator==(const Link&, const Link&) = default;
};

// All of them with their addresses, by rtnetlink, ethtool and `sysfs`.
Result<std::vector<Link>> read_links(const std::string& sysfs = "/sys");

// "/sys/devices/pci0000:00/0000:00:03.0/virtio1" to "pci0000:00/0000:00:03.0": virtio counts its devices in
// the order in which drivers find them.
std::string device_path(std::string_view below_devices);

} // namespace kdumpkit
