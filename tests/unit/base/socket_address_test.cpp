// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/socket_address.h"

#include <catch2/catch.hpp>
#include <netinet/in.h>

using namespace kdumpkit;

TEST_CASE("addresses with and without a port") {
    struct Row {
        const char* text;
        int family;
        std::uint16_t port;
    };
    for (const Row& row : {Row{"192.0.2.1", AF_INET, 7410}, Row{"192.0.2.1:80", AF_INET, 80},
                           Row{"2001:db8::1", AF_INET6, 7410}, Row{"[2001:db8::1]", AF_INET6, 7410},
                           Row{"[2001:db8::1]:80", AF_INET6, 80}}) {
        CAPTURE(row.text);
        const auto address = parse_address(row.text, 7410);
        REQUIRE(address);
        CHECK(address->storage.ss_family == row.family);
        const auto port = row.family == AF_INET
                              ? reinterpret_cast<const sockaddr_in*>(&address->storage)->sin_port
                              : reinterpret_cast<const sockaddr_in6*>(&address->storage)->sin6_port;
        CHECK(ntohs(port) == row.port);
        CHECK(address->host() == (row.family == AF_INET ? "192.0.2.1" : "2001:db8::1"));
    }
    for (const char* text :
         {"", "host", "192.0.2.1:", "192.0.2.1:0", "192.0.2.1:65536", "[::1", ":80", "1.2.3"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_address(text, 7410));
    }
}
