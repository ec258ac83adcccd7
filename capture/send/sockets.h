// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <set>

#include <curl/curl.h>

namespace kdumpkit::send {

// The sockets that libcurl has open. It must live longer than their connections.
class Sockets {
  public:
    Sockets() = default;
    Sockets(const Sockets&) = delete;
    Sockets& operator=(const Sockets&) = delete;

    // Has libcurl open and close the sockets of a handle's connections here.
    void attach(CURL* handle);
    // Cuts all connections off. libcurl says goodbye to an SSH server before it lets go of a connection, and
    // would wait without end for the answer of one that stopped.
    void cut() const;

  private:
    static curl_socket_t open(void* user, curlsocktype purpose, curl_sockaddr* address);
    static int close(void* user, curl_socket_t socket);

    std::set<curl_socket_t> open_;
};

} // namespace kdumpkit::send
