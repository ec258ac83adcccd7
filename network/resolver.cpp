// SPDX-License-Identifier: GPL-2.0-or-later
#include "network/resolver.h"

#include "base/file.h"

#include <algorithm>
#include <cerrno>

#include <fmt/ranges.h>
#include <sys/stat.h>

namespace kdumpkit::network {
namespace {

constexpr std::size_t most_servers = 3; // resolv.h, MAXNS

void add_once(std::vector<std::string>& list, const std::vector<std::string>& more) {
    for (const std::string& one : more)
        if (std::find(list.begin(), list.end(), one) == list.end())
            list.push_back(one);
}

} // namespace

std::string resolv_conf(const Network& network, const std::vector<Lease>& leases) {
    std::vector<std::string> dns, search;
    for (const Lease& lease : leases) {
        add_once(dns, lease.dns);
        add_once(search, lease.search);
    }
    add_once(dns, network.dns);
    add_once(search, network.search);
    dns.resize(std::min(dns.size(), most_servers));
    std::string text;
    for (const std::string& server : dns)
        text += fmt::format("nameserver {}\n", server);
    if (!search.empty())
        text += fmt::format("search {}\n", fmt::join(search, " "));
    return text + "options timeout:2 attempts:2\n";
}

std::string hosts_file(const Network& network) {
    std::string text = "127.0.0.1 localhost\n::1 localhost\n";
    for (const std::string& line : network.hosts)
        text += line + "\n";
    return text;
}

std::string nsswitch_conf(bool has_dns) {
    return has_dns ? "hosts: dns files\n" : "hosts: files\n";
}

Result<> write_resolver_files(const std::string& etc, const Network& network,
                              const std::vector<Lease>& leases) {
    if (::mkdir(etc.c_str(), 0755) != 0 && errno != EEXIST)
        return fail(system_error("make the folder", etc, errno));
    const std::string resolv = resolv_conf(network, leases);
    KDK_TRY(write_file_atomically(etc + "/resolv.conf", resolv));
    KDK_TRY(write_file_atomically(etc + "/hosts", hosts_file(network)));
    return write_file_atomically(etc + "/nsswitch.conf",
                                 nsswitch_conf(resolv.find("nameserver ") != std::string::npos));
}

} // namespace kdumpkit::network
