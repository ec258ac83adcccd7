// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kdumpkit {

class TableReader;

// What becomes of addresses that the machine has from a DHCP server.
enum class NetworkMethod {
    automatic, // asked for again; those that the machine has now, when no server answers
    frozen,    // those that it has now
    dhcp       // asked for, on every interface with IPv4
};
enum class InterfaceKind { device, vlan, bond, bridge };

std::string_view to_text(NetworkMethod method);
std::string_view to_text(InterfaceKind kind);

// One route of an interface, in ip-route(8)'s words: "default via 192.0.2.1", "198.51.100.0/24 via 192.0.2.9
// metric 50", "203.0.113.0/24" (on the link itself).
struct Route {
    std::string to;  // "default", or ADDRESS/LENGTH
    std::string via; // a gateway's address, or empty
    unsigned metric = 0;
    bool onlink = false; // the gateway is on the link though no address says so

    [[nodiscard]] std::string text() const;
    // AF_INET or AF_INET6; AF_UNSPEC of a default route without a gateway.
    [[nodiscard]] int family() const;
    friend bool operator==(const Route&, const Route&) = default;
};
// nullopt when it is none.
std::optional<Route> parse_route(std::string_view text);

// True for "192.0.2.7/24" and "2001:db8::7/64".
bool is_address_with_length(const std::string& text);
// AF_INET or AF_INET6 of an address with or without a /LENGTH, AF_UNSPEC when it is none.
int address_family(const std::string& text);

// The DHCP client of an interface that asks for its address: where it is here, and in the capture initramfs.
inline constexpr const char* dhcp_client = "/usr/sbin/dhcpcd";

// One interface of the capture kernel's network.
struct Interface {
    std::string name; // what others here call it; the capture kernel may call a device differently
    InterfaceKind kind = InterfaceKind::device;
    std::string mac;    // of a device: the permanent one, by which it is found; of others: the one to take
    std::string path;   // of a device: below /sys/devices, without virtio's own numbering; or empty
    std::string master; // the bond or bridge that it belongs to, or empty
    std::string parent; // of a VLAN: the interface that carries it
    unsigned vlan = 0;  // of a VLAN: 1 to 4094
    std::vector<std::string> bond; // of a bond: "OPTION=VALUE" as below /sys/class/net/NAME/bonding, in order
    unsigned mtu = 0;              // bytes, 0: the driver's
    bool dhcp = false;             // asks a DHCP server; `addresses` and `routes` of IPv4 when none answers
    bool accept_ra = false;        // IPv6 addresses and routes from router advertisements
    std::vector<std::string> addresses; // ADDRESS/LENGTH
    std::vector<Route> routes;

    // It has addresses or gets some: it is waited for.
    [[nodiscard]] bool carries_addresses() const { return dhcp || accept_ra || !addresses.empty(); }
    friend bool operator==(const Interface&, const Interface&) = default;
};

// [network]. With interfaces it is complete; without them `kdumpkit build` freezes those of the running
// system that lead to remote targets and to the nodes of a cluster.
struct Network {
    NetworkMethod method = NetworkMethod::automatic;
    std::chrono::seconds link_timeout{30};
    std::vector<std::string> dns;      // addresses of servers
    std::vector<std::string> search;   // domains
    std::vector<std::string> hosts;    // "ADDRESS NAME": for when no server answers
    std::vector<Interface> interfaces; // each behind those that it stands on
    friend bool operator==(const Network&, const Network&) = default;
};

// Sorted so that each interface comes behind its parent and its members; a wrong name or a circle is
// `invalid`, with the interface as object.
Result<std::vector<Interface>> base_first(std::vector<Interface> interfaces);

// Reads the [network] section; wrong values become the reader's error.
void read_network(TableReader& reader, const std::string& name, Network& network);
// "[{ name = …, … }, …]": the value of network.interface in TOML.
std::string to_toml(const std::vector<Interface>& interfaces);

} // namespace kdumpkit
