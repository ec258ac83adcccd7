// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/resolver.h"

#include "base/file.h"
#include "base/host_address.h"
#include "config/network.h"

#include <algorithm>
#include <sstream>
#include <utility>

namespace kdumpkit::initramfs {
namespace {

bool is_loopback(const std::string& address) {
    return address.starts_with("127.") || address == "::1";
}

} // namespace

ResolverSettings parse_resolv_conf(std::string_view text) {
    ResolverSettings settings;
    std::istringstream lines{std::string(text)};
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line.substr(0, line.find_first_of("#;")));
        std::string key, value;
        words >> key;
        if (key == "nameserver" && words >> value && value.find('/') == std::string::npos &&
            address_family(value) != AF_UNSPEC)
            settings.dns.push_back(value);
        if (key == "search" || key == "domain") { // the last one counts
            settings.search.clear();
            while (words >> value)
                if (value != ".")
                    settings.search.push_back(value);
        }
    }
    return settings;
}

ResolverSettings read_resolver_settings(const std::string& etc, const std::string& run) {
    const auto read = [](const std::string& path) {
        return parse_resolv_conf(read_text(path, std::size_t{1} << 16).value_or(std::string()));
    };
    ResolverSettings settings = read(etc + "/resolv.conf");
    if (!settings.dns.empty() && std::all_of(settings.dns.begin(), settings.dns.end(), is_loopback))
        if (ResolverSettings behind = read(run + "/systemd/resolve/resolv.conf"); !behind.dns.empty())
            settings = std::move(behind);
    std::erase_if(settings.dns, is_loopback);
    return settings;
}

Result<std::vector<std::string>> resolve_host(const std::string& host) {
    KDK_ASSIGN(const AddressList found, look_up(host, 0).map_error([](Error error) {
        return std::move(error).then("check the name and this machine's DNS servers, or write its address "
                                     "into network.hosts of the settings");
    }));
    std::vector<std::string> addresses;
    for (const addrinfo* one = found.get(); one != nullptr; one = one->ai_next) {
        std::string text = address_text(*one);
        if (!text.empty() && std::find(addresses.begin(), addresses.end(), text) == addresses.end())
            addresses.push_back(std::move(text));
    }
    return addresses;
}

} // namespace kdumpkit::initramfs
