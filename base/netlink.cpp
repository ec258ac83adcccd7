// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/netlink.h"

#include <netlink/errno.h>
#include <netlink/netlink.h>

namespace kdumpkit {

Error netlink_error(std::string operation, std::string object, int code) {
    return make_error(ErrorKind::system, std::move(operation), std::move(object), ::nl_geterror(code));
}

Result<Netlink<nl_sock>> open_rtnetlink() {
    Netlink<nl_sock> socket(::nl_socket_alloc());
    if (!socket)
        return fail(netlink_error("open", "rtnetlink", -NLE_NOMEM));
    if (const int code = ::nl_connect(socket.get(), NETLINK_ROUTE); code < 0)
        return fail(netlink_error("open", "rtnetlink", code));
    return socket;
}

} // namespace kdumpkit
