// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "network/resolver.h"

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kdumpkit::network {

// The DHCP client in the capture initramfs. It sets addresses, routes and MTU itself, renews them while the
// dump is on its way, and runs a program for the rest: this one again, see write_lease().
inline constexpr const char* own_program = "/usr/bin/kdump-network";
inline constexpr const char* lease_folder = "/run/kdumpkit-dhcp";

std::vector<std::string> dhcp_argv(const std::string& interface, std::chrono::seconds timeout);
// Returns once the interface is configured; the client goes on in the background.
Result<> run_dhcp_client(const std::string& interface, std::chrono::seconds timeout);

// What the client tells its program: `value` answers the environment (dhcpcd-run-hooks(8)). nullopt when this
// is not the news of a lease. What is no address or no domain is left out: it comes from the network.
struct LeaseNews {
    std::string interface;
    Lease lease;
};
std::optional<LeaseNews> lease_news(const std::function<std::string(const char*)>& value);

// A lease as a file in `folder`, and all that are there.
Result<> write_lease(const std::string& folder, const LeaseNews& news);
std::vector<Lease> read_leases(const std::string& folder);

} // namespace kdumpkit::network
