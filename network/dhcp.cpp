// SPDX-License-Identifier: GPL-2.0-or-later
#include "network/dhcp.h"

#include "base/file.h"
#include "base/process.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <sstream>

#include <fcntl.h>
#include <fmt/ranges.h>
#include <sys/socket.h>
#include <sys/stat.h>

namespace kdumpkit::network {
namespace {

std::vector<std::string> words_of(const std::string& text) {
    std::istringstream words(text);
    std::vector<std::string> list;
    for (std::string word; words >> word && list.size() < 16;)
        list.push_back(word);
    return list;
}

bool is_domain(const std::string& text) {
    return text.size() <= 253 &&
           text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") ==
               std::string::npos;
}

// What resolv.conf may be made of.
Lease checked(const std::string& dns, const std::string& search) {
    Lease lease{words_of(dns), words_of(search)};
    std::erase_if(lease.dns, [](const std::string& text) {
        return text.find('/') != std::string::npos || address_family(text) == AF_UNSPEC;
    });
    std::erase_if(lease.search, [](const std::string& text) { return !is_domain(text); });
    return lease;
}

} // namespace

std::vector<std::string> dhcp_argv(const std::string& interface, std::chrono::seconds timeout) {
    const std::string asked_for = "subnet_mask,static_routes,classless_static_routes,routers,interface_mtu,"
                                  "domain_name_servers,domain_name,domain_search";
    return {dhcp_client,
            "--config=/dev/null", // no settings of the machine's own
            "--script=" + std::string(own_program),
            "--ipv4only",
            "--noipv4ll", // an address that nobody gave leads nowhere
            "--noarp",    // the probe for a duplicate costs five seconds
            "--waitip=4", // stay in front until there is an address
            "--option=" + asked_for,
            "--clientid=", // the MAC address, which is what servers know machines by before they boot
            "--timeout=" + std::to_string(timeout.count()),
            interface};
}

Result<> run_dhcp_client(const std::string& interface, std::chrono::seconds timeout) {
    const std::string object = "an address for " + interface;
    // Where it keeps its leases; without the folder it says so, and goes on.
    std::error_code ignored;
    std::filesystem::create_directories("/var/lib/dhcpcd", ignored);
    KDK_ASSIGN(Child child, spawn({dhcp_argv(interface, timeout)}));
    KDK_ASSIGN(const ExitStatus status, child.wait(timeout + std::chrono::seconds(5)));
    if (!status.success())
        return fail(
            make_error(ErrorKind::absent, "ask for", object,
                       fmt::format("no DHCP server answered in {} s ({})", timeout.count(), status.text())));
    return {};
}

std::optional<LeaseNews> lease_news(const std::function<std::string(const char*)>& value) {
    const std::string reason = value("reason");
    LeaseNews news{value("interface"), {}};
    constexpr std::array good = {"BOUND", "RENEW", "REBIND", "REBOOT", "INFORM"};
    if (std::find(good.begin(), good.end(), reason) == good.end() || news.interface.empty() ||
        news.interface.find('/') != std::string::npos)
        return std::nullopt;
    news.lease = checked(value("new_domain_name_servers"),
                         value("new_domain_name") + " " + value("new_domain_search"));
    return news;
}

Result<> write_lease(const std::string& folder, const LeaseNews& news) {
    if (::mkdir(folder.c_str(), 0755) != 0 && errno != EEXIST)
        return fail(system_error("make the folder", folder, errno));
    return write_file_atomically(
        folder + "/" + news.interface,
        fmt::format("{}\n{}\n", fmt::join(news.lease.dns, " "), fmt::join(news.lease.search, " ")));
}

std::vector<Lease> read_leases(const std::string& folder) {
    std::vector<std::string> paths;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(folder, error))
        paths.push_back(entry.path().string());
    std::sort(paths.begin(), paths.end());
    std::vector<Lease> leases;
    for (const std::string& path : paths) {
        std::istringstream text(read_text(path, std::size_t{1} << 16).value_or(std::string()));
        std::string dns, search;
        std::getline(text, dns);
        std::getline(text, search);
        leases.push_back(checked(dns, search));
    }
    return leases;
}

} // namespace kdumpkit::network
