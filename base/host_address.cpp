// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/host_address.h"

#include "base/file.h"

#include <array>
#include <cerrno>
#include <utility>

#include <sys/socket.h>

namespace kdumpkit {
namespace {

std::string text_of(const sockaddr* address, socklen_t length) {
    std::array<char, 64> text{};
    return ::getnameinfo(address, length, text.data(), text.size(), nullptr, 0, NI_NUMERICHOST) == 0
               ? std::string(text.data())
               : std::string();
}

// Connecting a datagram socket sends nothing: the kernel only chooses the way. Empty when there is none.
std::string own_address_to(const addrinfo& one) {
    const Fd socket(::socket(one.ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    sockaddr_storage own{};
    socklen_t length = sizeof own;
    auto* address = reinterpret_cast<sockaddr*>(&own);
    if (!socket.valid() || ::connect(socket.get(), one.ai_addr, one.ai_addrlen) != 0 ||
        ::getsockname(socket.get(), address, &length) != 0)
        return {};
    return text_of(address, length);
}

} // namespace

Result<AddressList> look_up(const std::string& host, std::uint16_t port) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* raw = nullptr;
    if (const int code = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &raw); code != 0)
        return fail(make_error(ErrorKind::absent, "find the address of", host, ::gai_strerror(code)));
    return AddressList(raw, &::freeaddrinfo);
}

std::string address_text(const addrinfo& address) {
    return text_of(address.ai_addr, address.ai_addrlen);
}

Result<std::vector<HostAddress>> addresses_of(const std::string& host) {
    // The port matters to nobody, but connect(2) on a datagram socket wants one.
    KDK_ASSIGN(const AddressList found, look_up(host, 9));
    std::vector<HostAddress> addresses;
    for (const addrinfo* one = found.get(); one != nullptr; one = one->ai_next)
        if (std::string own = own_address_to(*one); !own.empty())
            addresses.push_back({address_text(*one), std::move(own)});
    if (addresses.empty())
        return fail(make_error(ErrorKind::absent, "find a way to", host, "no route leads there"));
    return addresses;
}

} // namespace kdumpkit
