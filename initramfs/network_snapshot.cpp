// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/network_snapshot.h"

#include "base/file.h"
#include "base/netlink.h"

#include <array>
#include <sstream>

#include <fmt/format.h>
#include <linux/rtnetlink.h>
#include <netlink/msg.h>
#include <netlink/route/nexthop.h>
#include <netlink/route/route.h>
#include <sys/socket.h>

namespace kdumpkit::initramfs {
namespace {

std::string text_of(nl_addr* address) {
    std::array<char, 128> text{};
    return address == nullptr ? std::string() : ::nl_addr2str(address, text.data(), text.size());
}

// "default", or ADDRESS/LENGTH: libnl writes "none" and leaves full lengths away.
std::string destination_of(rtnl_route* raw) {
    nl_addr* to = ::rtnl_route_get_dst(raw);
    if (to == nullptr || ::nl_addr_get_prefixlen(to) == 0)
        return "default";
    std::string text = text_of(to);
    if (text.find('/') == std::string::npos)
        text += fmt::format("/{}", ::nl_addr_get_prefixlen(to));
    return text;
}

// Routes by several ways are one by their first.
RouteEntry entry_of(rtnl_route* raw) {
    RouteEntry entry;
    entry.route.to = destination_of(raw);
    entry.route.metric = ::rtnl_route_get_priority(raw);
    entry.family = ::rtnl_route_get_family(raw);
    const int protocol = ::rtnl_route_get_protocol(raw);
    // The kernel's own IPv6 routes to gateways are those of router advertisements on old kernels.
    entry.of_kernel = protocol == RTPROT_KERNEL;
    entry.dynamic = protocol == RTPROT_DHCP || protocol == RTPROT_RA;
    if (rtnl_nexthop* hop = ::rtnl_route_nexthop_n(raw, 0); hop != nullptr) {
        entry.link = ::rtnl_route_nh_get_ifindex(hop);
        entry.route.via = text_of(::rtnl_route_nh_get_gateway(hop));
        entry.route.onlink = (::rtnl_route_nh_get_flags(hop) & RTNH_F_ONLINK) != 0;
    }
    return entry;
}

Result<std::vector<RouteEntry>> read_routes() {
    KDK_ASSIGN(const Netlink<nl_sock> socket, open_rtnetlink());
    nl_cache* raw = nullptr;
    if (const int code = ::rtnl_route_alloc_cache(socket.get(), AF_UNSPEC, 0, &raw); code < 0)
        return fail(netlink_error("list", "the routes", code));
    const Netlink<nl_cache> cache(raw);
    std::vector<RouteEntry> entries;
    for (nl_object* at = ::nl_cache_get_first(cache.get()); at != nullptr; at = ::nl_cache_get_next(at)) {
        auto* route = reinterpret_cast<rtnl_route*>(at);
        const int family = ::rtnl_route_get_family(route);
        if (::rtnl_route_get_table(route) == RT_TABLE_MAIN && ::rtnl_route_get_type(route) == RTN_UNICAST &&
            (family == AF_INET || family == AF_INET6))
            entries.push_back(entry_of(route));
    }
    return entries;
}

void keep_object(nl_object* object, void* into) {
    ::nl_object_get(object);
    static_cast<Netlink<nl_object>*>(into)->reset(object);
}

int parse_answer(nl_msg* message, void* into) {
    ::nl_msg_parse(message, keep_object, into);
    return NL_OK;
}

// What `ip route get` asks.
Result<Netlink<nl_object>> ask_route(nl_sock* socket, nl_addr* to, const std::string& address) {
    const std::unique_ptr<nl_msg, decltype(&::nlmsg_free)> message(::nlmsg_alloc_simple(RTM_GETROUTE, 0),
                                                                   &::nlmsg_free);
    rtmsg question{};
    question.rtm_family = static_cast<unsigned char>(::nl_addr_get_family(to));
    question.rtm_dst_len = static_cast<unsigned char>(::nl_addr_get_prefixlen(to));
    Netlink<nl_object> answer;
    int code = message ? ::nlmsg_append(message.get(), &question, sizeof question, NLMSG_ALIGNTO) : -1;
    if (code >= 0)
        code = ::nla_put_addr(message.get(), RTA_DST, to);
    if (code >= 0)
        code = ::nl_socket_modify_cb(socket, NL_CB_VALID, NL_CB_CUSTOM, parse_answer, &answer);
    if (code >= 0)
        code = ::nl_send_auto(socket, message.get());
    if (code >= 0)
        code = ::nl_recvmsgs_default(socket);
    if (code < 0 || !answer)
        return fail(make_error(ErrorKind::absent, "find the way to", address,
                               code < 0 ? std::string("the kernel has no route to it now (") +
                                              netlink_error("", "", code).reason + ")"
                                        : "the kernel did not answer")
                        .then("bring the network up first, or describe it in [network] of the settings"));
    return answer;
}

} // namespace

Result<Way> way_to(const std::string& address) {
    KDK_ASSIGN(const Netlink<nl_sock> socket, open_rtnetlink());
    nl_addr* raw = nullptr;
    if (const int code = ::nl_addr_parse(address.c_str(), AF_UNSPEC, &raw); code < 0)
        return fail(netlink_error("read the address", address, code));
    const Netlink<nl_addr> to(raw);
    KDK_ASSIGN(const Netlink<nl_object> answer, ask_route(socket.get(), to.get(), address));
    const RouteEntry entry = entry_of(reinterpret_cast<rtnl_route*>(answer.get()));
    return Way{address, entry.link, entry.route.via};
}

std::vector<std::string> bond_options(const std::function<std::string(const char*)>& read) {
    // Documentation/networking/bonding.rst; files of enumerations hold "NAME NUMBER".
    const auto first_word = [&](const char* option) {
        std::istringstream words(read(option));
        std::string word;
        words >> word;
        return word;
    };
    const std::string mode = first_word("mode");
    std::vector<std::string> options = {"mode=" + mode};
    const auto take = [&](const char* option) {
        const std::string value = first_word(option);
        if (!value.empty() && value != "0")
            options.push_back(fmt::format("{}={}", option, value));
    };
    if (mode == "802.3ad")
        for (const char* option : {"lacp_rate", "ad_select", "min_links"})
            take(option);
    if (mode == "802.3ad" || mode == "balance-xor" || mode == "balance-tlb")
        take("xmit_hash_policy");
    if (mode == "active-backup")
        take("fail_over_mac");
    if (mode == "active-backup" || mode == "balance-tlb" || mode == "balance-alb")
        for (const char* option : {"primary", "primary_reselect"})
            take(option);
    for (const char* option : {"miimon", "updelay", "downdelay", "arp_interval"})
        take(option);
    std::istringstream targets(first_word("arp_interval") == "0" ? "" : read("arp_ip_target"));
    for (std::string target; targets >> target;)
        options.push_back("arp_ip_target=+" + target);
    return options;
}

Result<NetworkSnapshot> read_network(const std::string& sysfs, const std::string& run) {
    NetworkSnapshot snapshot;
    KDK_ASSIGN(snapshot.links, read_links(sysfs));
    KDK_ASSIGN(snapshot.routes, read_routes());
    for (const Link& link : snapshot.links) {
        const std::string folder = fmt::format("{}/class/net/{}", sysfs, link.name);
        if (link.kind == "bond")
            snapshot.bonds[link.name] = bond_options([&](const char* option) {
                return read_text(fmt::format("{}/bonding/{}", folder, option)).value_or(std::string());
            });
        // systemd-networkd, and klibc's ipconfig in an initramfs, whose addresses have no lifetime.
        if (file_exists(fmt::format("{}/systemd/netif/leases/{}", run, link.index)) ||
            read_text(fmt::format("{}/net-{}.conf", run, link.name)).value_or("").find("PROTO='dhcp'") !=
                std::string::npos)
            snapshot.leased.insert(link.name);
        if (file_exists(folder + "/phy80211") || file_exists(folder + "/wireless"))
            snapshot.wireless.insert(link.name);
    }
    return snapshot;
}

} // namespace kdumpkit::initramfs
