// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"

#include <memory>
#include <string>

#include <netlink/addr.h>
#include <netlink/cache.h>
#include <netlink/socket.h>

namespace kdumpkit {

// Things of libnl that free themselves.
struct FreeNetlink {
    void operator()(nl_sock* socket) const { ::nl_socket_free(socket); }
    void operator()(nl_cache* cache) const { ::nl_cache_free(cache); }
    void operator()(nl_addr* address) const { ::nl_addr_put(address); }
    void operator()(nl_object* object) const { ::nl_object_put(object); }
};
template<class T>
using Netlink = std::unique_ptr<T, FreeNetlink>;

// libnl's own error numbers, as an error of ours.
Error netlink_error(std::string operation, std::string object, int code);

// A socket to rtnetlink(7).
Result<Netlink<nl_sock>> open_rtnetlink();

} // namespace kdumpkit
