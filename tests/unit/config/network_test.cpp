// SPDX-License-Identifier: GPL-2.0-or-later
#include "config/nic.h"
#include "config/settings.h"

#include <catch2/catch.hpp>

using namespace kdumpkit;
using Catch::Matchers::Contains;

namespace {

constexpr const char* whole = R"(
[network]
method = "dhcp"
link_timeout = 12
dns = ["192.0.2.53", "2001:db8::53"]
search = "example.org"
hosts = ["192.0.2.9 nfs.example.org nfs"]

[[network.interface]]
name = "bond0.7"
kind = "vlan"
parent = "bond0"
vlan = 7
addresses = ["192.0.2.7/24", "2001:db8::7/64"]
routes = ["default via 192.0.2.1", "198.51.100.0/24 via 192.0.2.9 metric 50 onlink"]

[[network.interface]]
name = "bond0"
kind = "bond"
bond = ["mode=active-backup", "miimon=100"]
mtu = 9000

[[network.interface]]
name = "ens3"
mac = "52:54:00:AB:cd:ef"
path = "pci0000:00/0000:00:03.0"
master = "bond0"

[[network.interface]]
name = "ens4"
mac = "52:54:00:ab:cd:f0"
dhcp = true
accept_ra = true
)";

Result<Settings> one_interface(const std::string& lines) {
    return parse_settings("[[network.interface]]\n" + lines, "n.toml");
}

} // namespace

TEST_CASE("a network is read, sorted from the ground up, and written as it was") {
    const auto settings = parse_settings(whole, "n.toml");
    REQUIRE(settings);
    const Network& network = settings->network;
    CHECK(network.method == NetworkMethod::dhcp);
    CHECK(network.link_timeout == std::chrono::seconds(12));
    CHECK(network.search == std::vector<std::string>{"example.org"});
    REQUIRE(network.interfaces.size() == 4);
    CHECK(network.interfaces[0].name == "ens3");
    CHECK(network.interfaces[0].mac == "52:54:00:ab:cd:ef");
    CHECK(network.interfaces[1].name == "bond0");
    CHECK(network.interfaces[2].name == "bond0.7");
    CHECK(network.interfaces[2].routes[1] == Route{"198.51.100.0/24", "192.0.2.9", 50, true});
    CHECK(network.interfaces[3].dhcp);
    const auto again = parse_settings(to_toml(*settings), "again.toml");
    REQUIRE(again);
    CHECK(*again == *settings);
}

TEST_CASE("wrong interfaces are refused with what is wrong") {
    struct Row {
        const char* lines;
        const char* wanted;
    };
    const Row row = GENERATE(
        Row{"mac = \"52:54:00:12:34:56\"", "no interface's name"},
        Row{"name = \"a b\"\nmac = \"52:54:00:12:34:56\"", "no interface's name"},
        Row{"name = \"x\"", "neither mac nor path"},
        Row{"name = \"x\"\nmac = \"52:54\"", "no hardware address"},
        Row{"name = \"x\"\nmac = \"52-54-00-12-34-56\"", "no hardware address"},
        Row{"name = \"x\"\nkind = \"team\"", "must be one of: device, vlan, bond, bridge"},
        Row{"name = \"x\"\nkind = \"vlan\"", "parent and vlan are needed"},
        Row{"name = \"x\"\nkind = \"vlan\"\nparent = \"y\"\nvlan = 4095", "from 1 to 4094"},
        Row{"name = \"x\"\nkind = \"vlan\"\nparent = \"y\"\nvlan = 5", "its parent \"y\" is not described"},
        Row{"name = \"x\"\nkind = \"vlan\"\nparent = \"x\"\nvlan = 5", "it stands on itself"},
        Row{"name = \"x\"\nmac = \"52:54:00:12:34:56\"\nmaster = \"y\"", "its master \"y\" is not described"},
        Row{"name = \"x\"\nmac = \"52:54:00:12:34:56\"\nvlan = 5", "belongs to kind = \"vlan\""},
        Row{"name = \"x\"\nkind = \"bond\"\nbond = [\"../mode=1\"]", "no option"},
        Row{"name = \"x\"\nmac = \"52:54:00:12:34:56\"\naddresses = \"192.0.2.1\"",
            "no address with a length"},
        Row{"name = \"x\"\nmac = \"52:54:00:12:34:56\"\naddresses = \"192.0.2.1/33\"",
            "no address with a length"},
        Row{"name = \"x\"\nmac = \"52:54:00:12:34:56\"\nroutes = \"default\nvia\"", ""},
        Row{"name = \"x\"\nmac = \"52:54:00:12:34:56\"\nroutes = \"default via nobody\"", "no route"},
        Row{"name = \"x\"\nmac = \"52:54:00:12:34:56\"\nadresses = \"192.0.2.1/24\"",
            "adresses is not a known key"});
    CAPTURE(row.lines);
    const auto settings = one_interface(row.lines);
    REQUIRE_FALSE(settings);
    CHECK(settings.error().kind == ErrorKind::invalid);
    CHECK_THAT(settings.error().message(), Contains(row.wanted) && Contains("n.toml:"));
}

TEST_CASE("wrong words of [network] are refused") {
    struct Row {
        const char* lines;
        const char* wanted;
    };
    const Row row = GENERATE(Row{"method = \"static\"", "must be one of: auto, frozen, dhcp"},
                             Row{"link_timeout = 0", "from 1 to 86400"},
                             Row{"dns = \"ns.example.org\"", "does not belong there"},
                             Row{"search = \"a b\"", "does not belong there"},
                             Row{"hosts = \"nfs.example.org\"", "does not belong there"},
                             Row{"hosts = \"192.0.2.1 a\\n127.0.0.1 b\"", "does not belong there"},
                             Row{"interface = \"eth0\"", "must be tables"});
    const auto settings = parse_settings("[network]\n" + std::string(row.lines) + "\n", "n.toml");
    REQUIRE_FALSE(settings);
    CHECK_THAT(settings.error().message(), Contains(row.wanted));
}

TEST_CASE("routes in ip-route's words") {
    for (const char* text :
         {"default via 192.0.2.1", "default via 2001:db8::1 metric 1024", "192.0.2.0/24",
          "198.51.100.0/24 via 192.0.2.9 metric 5 onlink", "2001:db8:1::/48 via fe80::1"}) {
        CAPTURE(text);
        const auto route = parse_route(text);
        REQUIRE(route);
        CHECK(route->text() == text);
    }
    for (const char* text :
         {"", "192.0.2.0", "default", "default metric 5", "default via", "default via 192.0.2.1/24",
          "default dev eth0", "192.0.2.0/24 via 2001:db8::1", "default via 192.0.2.1 metric 4294967296"})
        CHECK_FALSE(parse_route(text));
}

TEST_CASE("a device is known by its permanent MAC address, and by its path where that is not enough") {
    const auto link = [](const char* name, const char* mac, const char* path) {
        Link one;
        one.name = name;
        one.permanent_mac = mac;
        one.path = path;
        return one;
    };
    // A virtual function beside the synthetic device that stands for it.
    const std::vector<Link> links = {link("lo", "", ""), link("eth0", "02:00:00:00:00:01", "vmbus/1"),
                                     link("enP1", "02:00:00:00:00:01", "pci1/2"),
                                     link("eth1", "02:00:00:00:00:02", "vmbus/3"),
                                     link("bond0", "02:00:00:00:00:02", "")};
    const auto found = [&](const char* mac, const char* path) {
        Interface wanted;
        wanted.mac = mac;
        wanted.path = path;
        const Link* nic = find_nic(links, wanted);
        return nic == nullptr ? std::string("none") : nic->name;
    };
    CHECK(found("02:00:00:00:00:01", "") == "eth0");
    CHECK(found("02:00:00:00:00:01", "pci1/2") == "enP1");
    CHECK(found("02:00:00:00:00:01", "pci9/9") == "eth0"); // moved to another slot
    CHECK(found("02:00:00:00:00:02", "pci1/2") == "eth1"); // another card in its slot
    CHECK(found("", "vmbus/3") == "eth1");
    CHECK(found("02:00:00:00:00:03", "vmbus/3") == "none");
    CHECK(found("", "") == "none");
}

TEST_CASE("virtio's own numbers are no part of a device's place") {
    CHECK(device_path("pci0000:00/0000:00:03.0/virtio1") == "pci0000:00/0000:00:03.0");
    CHECK(device_path("pci0000:00/0000:00:03.0") == "pci0000:00/0000:00:03.0");
    CHECK(device_path("virtio0") == "virtio0");
}
