// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/freeze_network.h"

#include "base/socket_address.h"
#include "config/nic.h"
#include "config/object_store.h"
#include "initramfs/devices.h"
#include "initramfs/network.h"
#include "initramfs/network_snapshot.h"
#include "initramfs/resolver.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>
#include <sys/socket.h>

namespace kdumpkit::initramfs {
namespace {

bool is_address(const std::string& host) {
    return address_family(host) != AF_UNSPEC;
}

// The addresses of a host in "ADDRESS NAME [NAME…]" lines.
std::vector<std::string> addresses_in(const std::vector<std::string>& hosts, const std::string& name) {
    std::vector<std::string> addresses;
    for (const std::string& line : hosts)
        if ((line + " ").find(" " + name + " ") != std::string::npos)
            addresses.push_back(line.substr(0, line.find(' ')));
    return addresses;
}

class NetworkFreezer {
  public:
    NetworkFreezer(const Settings& settings, const Surroundings& around)
        : settings_(settings), around_(around) {
        frozen_.network = settings.network;
    }

    Result<FrozenNetwork> run() {
        if (!settings_.want_network()) {
            // Nothing of it would be used.
            frozen_.network.interfaces.clear();
            return std::move(frozen_);
        }
        if (frozen_.network.interfaces.empty() && !around_.running_system)
            return fail(make_error(ErrorKind::invalid, "freeze the network", "of another root",
                                   "its interfaces cannot be seen from here")
                            .then("describe them in [network] of the settings, see docs/network.md"));
        if (!around_.running_system && around_.find_drivers)
            return fail(make_error(ErrorKind::invalid, "find the drivers of", "the network devices",
                                   "the devices of another root cannot be seen from here")
                            .then("name them with --modules, such as --modules virtio_pci,virtio_net, or say "
                                  "--modules none when they are all built in"));
        if (around_.running_system)
            read_resolver();
        std::vector<std::string> addresses;
        for (const Target& target : settings_.targets)
            if (target.info().remote())
                KDK_TRY(add_host(host_of(target), addresses));
        if (frozen_.network.interfaces.empty())
            KDK_TRY(freeze_interfaces(addresses));
        if (around_.running_system && around_.find_drivers)
            KDK_TRY(add_drivers());
        for (ModuleRequest& one : interface_modules(frozen_.network.interfaces))
            frozen_.modules.push_back(std::move(one));
        return std::move(frozen_);
    }

  private:
    void read_resolver() {
        ResolverSettings now = read_resolver_settings(around_.etc, around_.run);
        if (frozen_.network.dns.empty())
            frozen_.network.dns = std::move(now.dns);
        if (frozen_.network.search.empty())
            frozen_.network.search = std::move(now.search);
    }

    // Adds the host's addresses, and keeps them under its name.
    Result<> add_host(const std::string& host, std::vector<std::string>& addresses) {
        if (is_address(host)) {
            addresses.push_back(host);
            return {};
        }
        std::vector<std::string> found = addresses_in(frozen_.network.hosts, host);
        if (found.empty() && around_.running_system) {
            auto resolved = resolve_host(host);
            if (resolved)
                found = *std::move(resolved);
            else if (frozen_.network.dns.empty())
                return fail(std::move(resolved).error());
            else
                frozen_.warnings.push_back(resolved.error().message() +
                                           "; the capture kernel will ask its DNS servers");
            for (const std::string& address : found)
                frozen_.network.hosts.push_back(address + " " + host);
        }
        if (found.empty() && frozen_.network.dns.empty())
            return fail(make_error(ErrorKind::absent, "find the address of", host,
                                   "neither network.hosts nor network.dns is set")
                            .then("write hosts = [\"ADDRESS " + host + "\"] into [network] of the settings"));
        addresses.insert(addresses.end(), found.begin(), found.end());
        return {};
    }

    Result<> freeze_interfaces(const std::vector<std::string>& addresses) {
        KDK_ASSIGN(const NetworkSnapshot snapshot, read_network(around_.sysfs, around_.run));
        std::vector<Way> ways;
        std::optional<Error> no_way;
        for (const std::string& address : addresses) {
            if (auto way = way_to(address))
                ways.push_back(*std::move(way));
            else // of a host with two kinds of addresses, often one only can be reached
                no_way = std::move(way).error();
        }
        if (ways.empty() && no_way)
            return fail(*std::move(no_way));
        if (!ways.empty())
            KDK_TRY(interfaces_of(snapshot, ways, frozen_.network.method));
        // Without one of these there is still a capture.
        for (const std::string& node : settings_.fence_kdump)
            if (const auto address = parse_address(node, 0))
                (void)add_way(snapshot, "cluster node", address->host(), ways);
        std::erase_if(frozen_.network.dns, [&](const std::string& server) {
            return !add_way(snapshot, "DNS server", server, ways);
        });
        KDK_ASSIGN(frozen_.network.interfaces, interfaces_of(snapshot, ways, frozen_.network.method));
        return {};
    }

    // Whether the capture kernel can get there; a warning when it cannot.
    bool add_way(const NetworkSnapshot& snapshot, const char* what, const std::string& address,
                 std::vector<Way>& ways) {
        std::vector<Way> more = ways;
        const auto way = way_to(address);
        if (way)
            more.push_back(*way);
        if (way && interfaces_of(snapshot, more, frozen_.network.method)) {
            ways = std::move(more);
            return true;
        }
        frozen_.warnings.push_back(
            fmt::format("the {} {} is left out: no way leads there after a panic", what, address));
        return false;
    }

    Result<> add_drivers() {
        KDK_ASSIGN(const std::vector<Link> links, read_links(around_.sysfs));
        for (const Interface& interface : frozen_.network.interfaces) {
            if (interface.kind != InterfaceKind::device)
                continue;
            const Link* nic = find_nic(links, interface);
            if (nic == nullptr)
                return fail(make_error(ErrorKind::absent, "find the network device", identity(interface),
                                       fmt::format("there is {}", devices_text(links)))
                                .then("correct network.interface in the settings, or name its driver with "
                                      "kdumpkit build --modules"));
            KDK_ASSIGN(const DeviceChain chain, network_device_chain(around_.sysfs, nic->name));
            for (ModuleRequest& one : driver_modules(chain, around_))
                frozen_.modules.push_back(std::move(one));
        }
        return {};
    }

    const Settings& settings_;
    const Surroundings& around_;
    FrozenNetwork frozen_;
};

} // namespace

std::string host_of(const Target& target) {
    return target.scheme == Scheme::s3 ? bucket_host(target) : target.host;
}

Result<FrozenNetwork> freeze_network(const Settings& settings, const Surroundings& around) {
    return NetworkFreezer(settings, around).run();
}

Result<> do_without_dhcp(FrozenNetwork& frozen) {
    for (Interface& interface : frozen.network.interfaces) {
        if (!interface.dhcp)
            continue;
        const auto& addresses = interface.addresses;
        const bool has_one = std::any_of(addresses.begin(), addresses.end(), [](const std::string& text) {
            return address_family(text) == AF_INET;
        });
        if (!has_one || frozen.network.method == NetworkMethod::dhcp)
            return fail(make_error(ErrorKind::absent, "ask for an address of", interface.name,
                                   "there is no DHCP client (/usr/sbin/dhcpcd) to pack")
                            .then("install dhcpcd-base, or say method = \"frozen\" in [network]"));
        interface.dhcp = false;
        frozen.warnings.push_back(fmt::format(
            "{} has its address from a DHCP server, and there is no client (dhcpcd-base) to ask for it "
            "again: it is frozen as it is",
            interface.name));
    }
    return {};
}

} // namespace kdumpkit::initramfs
