// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "config/network.h"

#include <string>
#include <vector>

namespace kdumpkit::network {

// What a DHCP server said besides addresses and routes.
struct Lease {
    std::vector<std::string> dns;
    std::vector<std::string> search;
};

// resolv.conf(5): a lease's servers first, as they are the newest; at most the three that the C library asks,
// with short timeouts, since there is a fallback.
std::string resolv_conf(const Network& network, const std::vector<Lease>& leases);
// hosts(5).
std::string hosts_file(const Network& network);
// nsswitch.conf(5): DNS first, since a target may have moved since the hosts were frozen; hosts when it does
// not answer.
std::string nsswitch_conf(bool has_dns);

// Writes all three below `etc`.
Result<> write_resolver_files(const std::string& etc, const Network& network,
                              const std::vector<Lease>& leases);

} // namespace kdumpkit::network
