// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/send/sockets.h"

#include <sys/socket.h>
#include <unistd.h>

namespace kdumpkit::send {

curl_socket_t Sockets::open(void* user, curlsocktype, curl_sockaddr* address) {
    const curl_socket_t socket =
        ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    if (socket >= 0)
        static_cast<Sockets*>(user)->open_.insert(socket);
    return socket < 0 ? CURL_SOCKET_BAD : socket;
}

int Sockets::close(void* user, curl_socket_t socket) {
    static_cast<Sockets*>(user)->open_.erase(socket);
    return ::close(socket);
}

void Sockets::attach(CURL* handle) {
    (void)curl_easy_setopt(handle, CURLOPT_OPENSOCKETFUNCTION, &Sockets::open);
    (void)curl_easy_setopt(handle, CURLOPT_OPENSOCKETDATA, this);
    (void)curl_easy_setopt(handle, CURLOPT_CLOSESOCKETFUNCTION, &Sockets::close);
    (void)curl_easy_setopt(handle, CURLOPT_CLOSESOCKETDATA, this);
}

void Sockets::cut() const {
    for (const curl_socket_t socket : open_)
        (void)::shutdown(socket, SHUT_RDWR);
}

} // namespace kdumpkit::send
