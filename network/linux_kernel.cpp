// SPDX-License-Identifier: GPL-2.0-or-later
#include "network/linux_kernel.h"

#include "base/bytes.h"
#include "base/file.h"
#include "base/netlink.h"
#include "network/dhcp.h"

#include <array>
#include <cerrno>
#include <ctime>
#include <functional>
#include <memory>

#include <fcntl.h>
#include <fmt/format.h>
#include <net/if.h>
#include <netlink/errno.h>
#include <netlink/route/addr.h>
#include <netlink/route/link.h>
#include <netlink/route/link/vlan.h>
#include <netlink/route/nexthop.h>
#include <netlink/route/route.h>
#include <sys/socket.h>

namespace kdumpkit::network {
namespace {

template<class T>
struct FreeRoute;
template<>
struct FreeRoute<rtnl_link> {
    void operator()(rtnl_link* link) const { ::rtnl_link_put(link); }
};
template<>
struct FreeRoute<rtnl_addr> {
    void operator()(rtnl_addr* address) const { ::rtnl_addr_put(address); }
};
template<>
struct FreeRoute<rtnl_route> {
    void operator()(rtnl_route* route) const { ::rtnl_route_put(route); }
};
template<class T>
using Owned = std::unique_ptr<T, FreeRoute<T>>;

// What is there already is as good as made.
Result<> made(int code, const std::string& operation, const std::string& object) {
    if (code < 0 && code != -NLE_EXIST)
        return fail(netlink_error(operation, object, code));
    return {};
}

Result<int> index_of(const std::string& name) {
    const unsigned index = ::if_nametoindex(name.c_str());
    if (index == 0)
        return fail(system_error("find the interface", name, errno));
    return static_cast<int>(index);
}

Result<Netlink<nl_addr>> parse_address(const std::string& text, int family) {
    nl_addr* address = nullptr;
    if (const int code = ::nl_addr_parse(text.c_str(), family, &address); code < 0)
        return fail(netlink_error("read the address", text, code));
    return Netlink<nl_addr>(address);
}

Result<> write_setting(const std::string& path, const std::string& value) {
    KDK_ASSIGN(const Fd fd, open_file(path, O_WRONLY));
    return write_all(fd.get(), as_bytes(value), path);
}

Result<> change(nl_sock* socket, const std::string& name, const std::string& operation,
                const std::function<void(rtnl_link*)>& set) {
    KDK_ASSIGN(const int index, index_of(name));
    const Owned<rtnl_link> original(::rtnl_link_alloc());
    const Owned<rtnl_link> changes(::rtnl_link_alloc());
    ::rtnl_link_set_ifindex(original.get(), index);
    set(changes.get());
    return made(::rtnl_link_change(socket, original.get(), changes.get(), 0), operation, name);
}

Result<> add_link(nl_sock* socket, const std::string& name, const char* type) {
    const Owned<rtnl_link> link(::rtnl_link_alloc());
    ::rtnl_link_set_name(link.get(), name.c_str());
    ::rtnl_link_set_type(link.get(), type);
    return made(::rtnl_link_add(socket, link.get(), NLM_F_CREATE | NLM_F_EXCL),
                fmt::format("make the {}", type), name);
}

} // namespace

Result<LinuxKernel> LinuxKernel::open() {
    KDK_ASSIGN(Netlink<nl_sock> socket, open_rtnetlink());
    return LinuxKernel(std::move(socket));
}

Result<std::vector<Link>> LinuxKernel::links() {
    return read_links();
}

Result<> LinuxKernel::add_vlan(const std::string& name, const std::string& parent, unsigned id) {
    KDK_ASSIGN(const int carrier, index_of(parent));
    const Owned<rtnl_link> link(::rtnl_link_vlan_alloc());
    ::rtnl_link_set_name(link.get(), name.c_str());
    ::rtnl_link_set_link(link.get(), carrier);
    ::rtnl_link_vlan_set_id(link.get(), static_cast<std::uint16_t>(id));
    return made(::rtnl_link_add(socket_.get(), link.get(), NLM_F_CREATE | NLM_F_EXCL), "make the VLAN", name);
}

Result<> LinuxKernel::add_bond(const std::string& name) {
    return add_link(socket_.get(), name, "bond");
}

Result<> LinuxKernel::add_bridge(const std::string& name) {
    return add_link(socket_.get(), name, "bridge");
}

Result<> LinuxKernel::set_bond_option(const std::string& bond, const std::string& option,
                                      const std::string& value) {
    return write_setting(fmt::format("/sys/class/net/{}/bonding/{}", bond, option), value);
}

Result<> LinuxKernel::set_master(const std::string& name, const std::string& master) {
    KDK_ASSIGN(const int index, index_of(master));
    return change(socket_.get(), name, "add to " + master,
                  [&](rtnl_link* link) { ::rtnl_link_set_master(link, index); });
}

Result<> LinuxKernel::set_mac(const std::string& name, const std::string& mac) {
    KDK_ASSIGN(const Netlink<nl_addr> address, parse_address(mac, AF_LLC));
    return change(socket_.get(), name, "set MAC " + mac + " of",
                  [&](rtnl_link* link) { ::rtnl_link_set_addr(link, address.get()); });
}

Result<> LinuxKernel::set_mtu(const std::string& name, unsigned mtu) {
    return change(socket_.get(), name, fmt::format("set MTU {} of", mtu),
                  [&](rtnl_link* link) { ::rtnl_link_set_mtu(link, mtu); });
}

Result<> LinuxKernel::set_up(const std::string& name, bool up) {
    return change(socket_.get(), name, up ? "switch on" : "switch off", [&](rtnl_link* link) {
        up ? ::rtnl_link_set_flags(link, IFF_UP) : ::rtnl_link_unset_flags(link, IFF_UP);
    });
}

Result<> LinuxKernel::set_accept_ra(const std::string& name, bool accept) {
    const std::string folder = "/proc/sys/net/ipv6/conf/" + name;
    if (!file_exists(folder))
        return {};
    KDK_TRY(write_setting(folder + "/accept_ra", accept ? "1" : "0"));
    return write_setting(folder + "/autoconf", accept ? "1" : "0");
}

Result<> LinuxKernel::add_address(const std::string& name, const std::string& address) {
    KDK_ASSIGN(const int index, index_of(name));
    KDK_ASSIGN(const Netlink<nl_addr> local, parse_address(address, AF_UNSPEC));
    const Owned<rtnl_addr> entry(::rtnl_addr_alloc());
    ::rtnl_addr_set_ifindex(entry.get(), index);
    ::rtnl_addr_set_local(entry.get(), local.get());
    return made(::rtnl_addr_add(socket_.get(), entry.get(), 0), "give " + name + " the address", address);
}

Result<> LinuxKernel::add_route(const std::string& name, const Route& route) {
    KDK_ASSIGN(const int index, index_of(name));
    const int family = route.family();
    const Owned<rtnl_route> entry(::rtnl_route_alloc());
    KDK_ASSIGN(const Netlink<nl_addr> to,
               parse_address(route.to, family == AF_UNSPEC ? AF_INET : family)); // it knows "default"
    ::rtnl_route_set_dst(entry.get(), to.get());
    ::rtnl_route_set_family(entry.get(), static_cast<std::uint8_t>(::nl_addr_get_family(to.get())));
    ::rtnl_route_set_scope(entry.get(),
                           route.via.empty() && family == AF_INET ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE);
    if (route.metric != 0)
        ::rtnl_route_set_priority(entry.get(), route.metric);
    rtnl_nexthop* hop = ::rtnl_route_nh_alloc(); // belongs to the route
    ::rtnl_route_nh_set_ifindex(hop, index);
    if (!route.via.empty()) {
        KDK_ASSIGN(const Netlink<nl_addr> via, parse_address(route.via, AF_UNSPEC));
        if (::nl_addr_get_family(via.get()) == ::nl_addr_get_family(to.get()))
            ::rtnl_route_nh_set_gateway(hop, via.get());
        if (route.onlink)
            ::rtnl_route_nh_set_flags(hop, RTNH_F_ONLINK);
    }
    ::rtnl_route_add_nexthop(entry.get(), hop);
    return made(::rtnl_route_add(socket_.get(), entry.get(), 0), "add to " + name + " the route",
                route.text());
}

Result<> LinuxKernel::ask_dhcp(const std::string& name, std::chrono::seconds timeout) {
    return run_dhcp_client(name, timeout);
}

double LinuxKernel::seconds() {
    timespec now{};
    ::clock_gettime(CLOCK_BOOTTIME, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

void LinuxKernel::sleep(std::chrono::milliseconds duration) {
    const timespec length{duration.count() / 1000, (duration.count() % 1000) * 1'000'000};
    ::clock_nanosleep(CLOCK_BOOTTIME, 0, &length, nullptr);
}

} // namespace kdumpkit::network
