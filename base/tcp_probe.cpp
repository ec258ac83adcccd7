// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/tcp_probe.h"

#include "base/file.h"
#include "base/host_address.h"

#include <cerrno>

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>

namespace kdumpkit {
namespace {

// 0, or an errno.
int connect_to(const addrinfo& one, std::chrono::milliseconds deadline) {
    const Fd socket(::socket(one.ai_family, one.ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, one.ai_protocol));
    if (!socket.valid())
        return errno;
    if (::connect(socket.get(), one.ai_addr, one.ai_addrlen) == 0)
        return 0;
    if (errno != EINPROGRESS)
        return errno;
    pollfd wait{socket.get(), POLLOUT, 0};
    if (::poll(&wait, 1, static_cast<int>(deadline.count())) != 1)
        return ETIMEDOUT;
    int code = 0;
    socklen_t length = sizeof code;
    return ::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &code, &length) == 0 ? code : errno;
}

} // namespace

Result<> try_to_connect(const std::string& host, std::uint16_t port, std::chrono::milliseconds deadline) {
    KDK_ASSIGN(const AddressList found, look_up(host, port));
    int last = EHOSTUNREACH;
    for (const addrinfo* one = found.get(); one != nullptr; one = one->ai_next)
        if ((last = connect_to(*one, deadline)) == 0)
            return {};
    return fail(system_error("connect to", fmt::format("{} at port {}", host, port), last));
}

} // namespace kdumpkit
