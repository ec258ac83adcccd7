// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/resolver.h"

#include "base/file.h"
#include "config/network.h"

#include <algorithm>
#include <array>
#include <memory>
#include <sstream>

#include <fmt/format.h>
#include <netdb.h>
#include <sys/socket.h>

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
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* raw = nullptr;
    if (const int code = ::getaddrinfo(host.c_str(), nullptr, &hints, &raw); code != 0)
        return fail(make_error(ErrorKind::absent, "find the address of", host, ::gai_strerror(code))
                        .then("check the name and this machine's DNS servers, or write its address into "
                              "network.hosts of the settings"));
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> found(raw, &::freeaddrinfo);
    std::vector<std::string> addresses;
    for (const addrinfo* one = raw; one != nullptr; one = one->ai_next) {
        std::array<char, 64> text{};
        if (::getnameinfo(one->ai_addr, one->ai_addrlen, text.data(), text.size(), nullptr, 0,
                          NI_NUMERICHOST) == 0 &&
            std::find(addresses.begin(), addresses.end(), text.data()) == addresses.end())
            addresses.emplace_back(text.data());
    }
    return addresses;
}

} // namespace kdumpkit::initramfs
