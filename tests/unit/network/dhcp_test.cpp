// SPDX-License-Identifier: GPL-2.0-or-later
#include "network/dhcp.h"
#include "network/resolver.h"

#include <filesystem>
#include <map>

#include <catch2/catch.hpp>

using namespace kdumpkit;
using namespace kdumpkit::network;
using Texts = std::vector<std::string>;

namespace {

std::optional<LeaseNews> hear(const std::map<std::string, std::string>& environment) {
    return lease_news([&](const char* name) {
        const auto value = environment.find(name);
        return value == environment.end() ? std::string() : value->second;
    });
}

} // namespace

TEST_CASE("the news of a lease, and what is no news") {
    const auto news = hear({{"reason", "BOUND"},
                            {"interface", "eth0"},
                            {"new_domain_name_servers", "192.0.2.53 2001:db8::53 evil\n192.0.2.1/24"},
                            {"new_domain_name", "example.org"},
                            {"new_domain_search", "a.example.org b$x"}});
    REQUIRE(news);
    CHECK(news->interface == "eth0");
    CHECK(news->lease.dns == Texts{"192.0.2.53", "2001:db8::53"});
    CHECK(news->lease.search == Texts{"example.org", "a.example.org"});
    CHECK_FALSE(hear({{"reason", "PREINIT"}, {"interface", "eth0"}}));
    CHECK_FALSE(hear({{"reason", "BOUND"}, {"interface", "../etc"}}));
    CHECK_FALSE(hear({}));
}

TEST_CASE("a lease survives its file") {
    const std::string folder = (std::filesystem::temp_directory_path() / "kdumpkit-lease-test").string();
    std::filesystem::remove_all(folder);
    REQUIRE(write_lease(folder, {"eth0", {{"192.0.2.53"}, {"example.org"}}}));
    REQUIRE(write_lease(folder, {"eth1", {{}, {}}}));
    const auto leases = read_leases(folder);
    std::filesystem::remove_all(folder);
    REQUIRE(leases.size() == 2);
    CHECK(leases[0].dns == Texts{"192.0.2.53"});
    CHECK(leases[0].search == Texts{"example.org"});
    CHECK(leases[1].dns.empty());
    CHECK(read_leases(folder).empty());
}

TEST_CASE("the resolver's files: a lease's servers first, at most three, hosts last") {
    Network network;
    network.dns = {"192.0.2.1", "192.0.2.2", "192.0.2.3"};
    network.search = {"example.org"};
    network.hosts = {"192.0.2.9 nfs.example.org"};
    CHECK(resolv_conf(network, {{{"192.0.2.53", "192.0.2.2"}, {}}}) ==
          "nameserver 192.0.2.53\nnameserver 192.0.2.2\nnameserver 192.0.2.1\nsearch example.org\n"
          "options timeout:2 attempts:2\n");
    CHECK(hosts_file(network) == "127.0.0.1 localhost\n::1 localhost\n192.0.2.9 nfs.example.org\n");
    CHECK(nsswitch_conf(true) == "hosts: dns files\n");
    CHECK(nsswitch_conf(false) == "hosts: files\n");
}
