// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/links.h"

#include "base/file.h"
#include "base/netlink.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstring>

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <netlink/route/addr.h>
#include <netlink/route/link.h>
#include <netlink/route/link/vlan.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace kdumpkit {
namespace {

std::string text_of(nl_addr* address) {
    std::array<char, 128> text{};
    return address == nullptr ? std::string() : ::nl_addr2str(address, text.data(), text.size());
}

// What the hardware itself has, whatever a bond or an admin gave it (ethtool(8) -P). Empty when the driver
// does not tell.
std::string permanent_mac(int any_socket, const std::string& name) {
    constexpr std::uint32_t longest = 32; // MAX_ADDR_LEN of linux/netdevice.h
    alignas(ethtool_perm_addr) std::array<unsigned char, sizeof(ethtool_perm_addr) + longest> request{};
    ethtool_perm_addr head{};
    head.cmd = ETHTOOL_GPERMADDR;
    head.size = longest;
    std::memcpy(request.data(), &head, sizeof head);
    ifreq wanted{};
    std::strncpy(wanted.ifr_name, name.c_str(), IFNAMSIZ - 1);
    wanted.ifr_data = reinterpret_cast<char*>(request.data());
    if (::ioctl(any_socket, SIOCETHTOOL, &wanted) != 0)
        return {};
    std::memcpy(&head, request.data(), sizeof head);
    const unsigned char* bytes = request.data() + sizeof head;
    std::string text;
    bool zero = true;
    for (std::size_t i = 0; i < std::min(head.size, longest); ++i) {
        text += fmt::format("{}{:02x}", i == 0 ? "" : ":", bytes[i]);
        zero = zero && bytes[i] == 0;
    }
    return zero ? std::string() : text;
}

// 0: burnt into the hardware (include/uapi/linux/netdevice.h, NET_ADDR_PERM); a random one is another one
// after the panic.
bool is_random_mac(const std::string& sysfs, const std::string& name) {
    const auto type = read_text(fmt::format("{}/class/net/{}/addr_assign_type", sysfs, name));
    return type && type->starts_with('1');
}

std::string path_of(const std::string& sysfs, const std::string& name) {
    std::array<char, PATH_MAX> real{};
    if (::realpath(fmt::format("{}/class/net/{}/device", sysfs, name).c_str(), real.data()) == nullptr)
        return {};
    const std::string_view path = real.data();
    constexpr std::string_view devices = "/devices/";
    const std::size_t at = path.find(devices);
    return at == std::string_view::npos ? std::string() : device_path(path.substr(at + devices.size()));
}

Result<Netlink<nl_cache>> links_of(nl_sock* socket) {
    nl_cache* cache = nullptr;
    if (const int code = ::rtnl_link_alloc_cache(socket, AF_UNSPEC, &cache); code < 0)
        return fail(netlink_error("list", "the interfaces", code));
    return Netlink<nl_cache>(cache);
}

Link link_of(rtnl_link* raw, int any_socket, const std::string& sysfs) {
    Link link;
    link.index = ::rtnl_link_get_ifindex(raw);
    link.name = ::rtnl_link_get_name(raw);
    const char* kind = ::rtnl_link_get_type(raw);
    link.kind = kind == nullptr ? "" : kind;
    const unsigned flags = ::rtnl_link_get_flags(raw);
    link.loopback = (flags & IFF_LOOPBACK) != 0;
    link.up = (flags & IFF_UP) != 0;
    link.carrier = link.up && ::rtnl_link_get_carrier(raw) != 0;
    link.mac = text_of(::rtnl_link_get_addr(raw));
    link.master = ::rtnl_link_get_master(raw);
    link.mtu = ::rtnl_link_get_mtu(raw);
    if (::rtnl_link_is_vlan(raw) != 0) {
        link.parent = ::rtnl_link_get_link(raw);
        link.vlan = static_cast<unsigned>(::rtnl_link_vlan_get_id(raw));
    }
    if (link.kind.empty() && !link.loopback) {
        link.path = path_of(sysfs, link.name);
        if (!is_random_mac(sysfs, link.name)) {
            link.permanent_mac = permanent_mac(any_socket, link.name);
            if (link.permanent_mac.empty())
                link.permanent_mac = link.mac;
        }
    }
    return link;
}

LinkAddress address_of(rtnl_addr* raw) {
    nl_addr* local = ::rtnl_addr_get_local(raw);
    LinkAddress address;
    address.family = ::rtnl_addr_get_family(raw);
    address.text = text_of(local);
    if (address.text.find('/') == std::string::npos) // libnl leaves /32 and /128 away
        address.text += fmt::format("/{}", ::rtnl_addr_get_prefixlen(raw));
    address.global = ::rtnl_addr_get_scope(raw) < RT_SCOPE_LINK;
    const unsigned flags = ::rtnl_addr_get_flags(raw);
    address.tentative = (flags & IFA_F_TENTATIVE) != 0 && (flags & IFA_F_OPTIMISTIC) == 0;
    address.dad_failed = (flags & IFA_F_DADFAILED) != 0;
    address.temporary = address.family == AF_INET6 && (flags & IFA_F_TEMPORARY) != 0;
    address.dynamic = ::rtnl_addr_get_valid_lifetime(raw) != 0xFFFFFFFFU;
    return address;
}

} // namespace

std::string device_path(std::string_view below_devices) {
    const std::size_t slash = below_devices.rfind('/');
    const std::string_view last = below_devices.substr(slash == std::string_view::npos ? 0 : slash + 1);
    if (slash != std::string_view::npos && last.starts_with("virtio"))
        below_devices = below_devices.substr(0, slash);
    return std::string(below_devices);
}

Result<std::vector<Link>> read_links(const std::string& sysfs) {
    KDK_ASSIGN(const Netlink<nl_sock> socket, open_rtnetlink());
    KDK_ASSIGN(const Netlink<nl_cache> links, links_of(socket.get()));
    nl_cache* raw_addresses = nullptr;
    if (const int code = ::rtnl_addr_alloc_cache(socket.get(), &raw_addresses); code < 0)
        return fail(netlink_error("list", "the addresses", code));
    const Netlink<nl_cache> addresses(raw_addresses);
    const Fd any_socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));

    std::vector<Link> found;
    for (nl_object* at = ::nl_cache_get_first(links.get()); at != nullptr; at = ::nl_cache_get_next(at))
        found.push_back(link_of(reinterpret_cast<rtnl_link*>(at), any_socket.get(), sysfs));
    for (nl_object* at = ::nl_cache_get_first(addresses.get()); at != nullptr; at = ::nl_cache_get_next(at)) {
        auto* raw = reinterpret_cast<rtnl_addr*>(at);
        const auto holder = std::find_if(found.begin(), found.end(), [&](const Link& link) {
            return link.index == ::rtnl_addr_get_ifindex(raw);
        });
        const int family = ::rtnl_addr_get_family(raw);
        if (holder != found.end() && (family == AF_INET || family == AF_INET6))
            holder->addresses.push_back(address_of(raw));
    }
    return found;
}

} // namespace kdumpkit
