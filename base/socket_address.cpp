// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/socket_address.h"

#include "base/bytes.h"

#include <array>
#include <string>

#include <arpa/inet.h>
#include <netinet/in.h>

namespace kdumpkit {

std::string SocketAddress::host() const {
    std::array<char, INET6_ADDRSTRLEN> text{};
    const void* address =
        storage.ss_family == AF_INET
            ? static_cast<const void*>(&reinterpret_cast<const sockaddr_in*>(&storage)->sin_addr)
            : &reinterpret_cast<const sockaddr_in6*>(&storage)->sin6_addr;
    return ::inet_ntop(storage.ss_family, address, text.data(), text.size()) == nullptr ? std::string()
                                                                                        : text.data();
}

Result<SocketAddress> parse_address(std::string_view text, std::uint16_t port) {
    std::string host(text);
    const auto colon = host.rfind(':');
    const bool bracketed = host.starts_with('[');
    if (colon != std::string::npos && (bracketed ? host[colon - 1] == ']' : host.find(':') == colon)) {
        const auto number = parse_number(std::string_view(host).substr(colon + 1), 10);
        if (!number || *number == 0 || *number > 65535)
            return fail(make_error(ErrorKind::invalid, "read the address", std::string(text),
                                   "its port is no number from 1 to 65535"));
        port = static_cast<std::uint16_t>(*number);
        host.erase(colon);
    }
    if (bracketed && host.ends_with(']'))
        host = host.substr(1, host.size() - 2);
    SocketAddress address;
    auto* v4 = reinterpret_cast<sockaddr_in*>(&address.storage);
    auto* v6 = reinterpret_cast<sockaddr_in6*>(&address.storage);
    if (::inet_pton(AF_INET, host.c_str(), &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons(port);
        address.length = sizeof *v4;
    } else if (::inet_pton(AF_INET6, host.c_str(), &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons(port);
        address.length = sizeof *v6;
    } else
        return fail(make_error(ErrorKind::invalid, "read the address", std::string(text),
                               "it is no IPv4 or IPv6 address")
                        .then("write the address, not a name: nobody answers names in the capture kernel"));
    return address;
}

} // namespace kdumpkit
