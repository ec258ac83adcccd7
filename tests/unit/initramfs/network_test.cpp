// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/freeze_network.h"
#include "initramfs/network.h"
#include "initramfs/resolver.h"
#include "temporary_folder.h"

#include <algorithm>

#include <catch2/catch.hpp>
#include <sys/socket.h>

using namespace kdumpkit;
using namespace kdumpkit::initramfs;
using Catch::Matchers::Contains;
using kdumpkit::initramfs::test::TemporaryFolder;
using Texts = std::vector<std::string>;

namespace {

Link device(int index, const std::string& name, const std::string& mac) {
    Link link;
    link.index = index;
    link.name = name;
    link.mac = link.permanent_mac = mac;
    link.path = "pci0000:00/0000:00:0" + std::to_string(index);
    link.mtu = 1500;
    return link;
}

Link made(int index, const std::string& name, const std::string& kind, const std::string& mac) {
    Link link = device(index, name, mac);
    link.kind = kind;
    link.path.clear();
    link.permanent_mac.clear();
    return link;
}

LinkAddress address(const std::string& text, bool dynamic = false) {
    LinkAddress one;
    one.text = text;
    one.family = address_family(text);
    one.global = !text.starts_with("fe80:");
    one.dynamic = dynamic;
    return one;
}

RouteEntry route(int link, const std::string& text, bool of_kernel = false) {
    RouteEntry entry;
    entry.route = parse_route(text).value();
    entry.link = link;
    entry.family = entry.route.family();
    entry.of_kernel = of_kernel;
    return entry;
}

NetworkSnapshot plain(bool dynamic = false) {
    NetworkSnapshot snapshot;
    Link lo = made(1, "lo", "", "");
    lo.loopback = true;
    snapshot.links = {lo, device(2, "ens3", "52:54:00:00:00:02"), device(3, "ens4", "52:54:00:00:00:03")};
    snapshot.links[1].addresses = {address("192.0.2.7/24", dynamic), address("fe80::7/64")};
    snapshot.routes = {route(2, "192.0.2.0/24", true), route(2, "default via 192.0.2.1 metric 100"),
                       route(2, "198.51.100.0/24 via 192.0.2.9"), route(2, "203.0.113.0/24 via 192.0.2.8")};
    return snapshot;
}

Result<std::vector<Interface>> freeze(const NetworkSnapshot& snapshot, const std::vector<Way>& ways,
                                      NetworkMethod method = NetworkMethod::automatic) {
    return interfaces_of(snapshot, ways, method);
}

const Interface& named(const std::vector<Interface>& interfaces, const std::string& name) {
    const auto found = std::find_if(interfaces.begin(), interfaces.end(),
                                    [&](const Interface& one) { return one.name == name; });
    REQUIRE(found != interfaces.end());
    return *found;
}

std::vector<std::string> texts_of(const std::vector<Route>& routes) {
    std::vector<std::string> texts;
    for (const Route& one : routes)
        texts.push_back(one.text());
    return texts;
}

} // namespace

TEST_CASE("only the interface that leads to the target is frozen, with the routes that matter") {
    const auto interfaces = freeze(plain(), {{"198.51.100.5", 2, "192.0.2.9"}});
    REQUIRE(interfaces);
    REQUIRE(interfaces->size() == 1);
    const Interface& one = interfaces->front();
    CHECK(one.name == "ens3");
    CHECK(one.mac == "52:54:00:00:00:02");
    CHECK(one.path == "pci0000:00/0000:00:02");
    CHECK(one.addresses == Texts{"192.0.2.7/24"});
    CHECK_FALSE(one.dhcp);
    CHECK(texts_of(one.routes) == Texts{"default via 192.0.2.1 metric 100", "198.51.100.0/24 via 192.0.2.9"});
}

TEST_CASE("a way that the main table does not have is frozen as a route of its own") {
    const auto interfaces = freeze(plain(), {{"10.1.2.3", 2, "192.0.2.33"}});
    REQUIRE(interfaces);
    CHECK(texts_of(interfaces->front().routes) ==
          Texts{"default via 192.0.2.1 metric 100", "10.1.2.3/32 via 192.0.2.33"});
}

TEST_CASE("what DHCP gave is asked for again, or not, as the settings say") {
    const std::vector<Way> ways = {{"192.0.2.9", 2, ""}};
    CHECK(freeze(plain(true), ways)->front().dhcp);
    CHECK(freeze(plain(true), ways)->front().addresses == Texts{"192.0.2.7/24"});
    CHECK_FALSE(freeze(plain(true), ways, NetworkMethod::frozen)->front().dhcp);
    CHECK_FALSE(freeze(plain(false), ways)->front().dhcp);
    CHECK(freeze(plain(false), ways, NetworkMethod::dhcp)->front().dhcp);
    NetworkSnapshot leased = plain(false);
    leased.leased = {"ens3"};
    CHECK(freeze(leased, ways)->front().dhcp);
}

TEST_CASE("IPv6 addresses of a router come from a router again, others stay") {
    NetworkSnapshot snapshot = plain();
    LinkAddress temporary = address("2001:db8::aaaa/64", true);
    temporary.temporary = true;
    snapshot.links[1].addresses = {address("2001:db8::5054/64", true), temporary, address("2001:db8::7/64")};
    snapshot.routes = {route(2, "default via fe80::1", true)};
    const auto interfaces = freeze(snapshot, {{"2001:db8:1::9", 2, "fe80::1"}});
    REQUIRE(interfaces);
    CHECK(interfaces->front().accept_ra);
    CHECK(interfaces->front().addresses == Texts{"2001:db8::7/64"});
    CHECK(interfaces->front().routes.empty());
    snapshot.links[1].addresses = {address("2001:db8::7/64")};
    snapshot.routes = {route(2, "default via fe80::1")};
    const auto fixed = freeze(snapshot, {{"2001:db8:1::9", 2, "fe80::1"}});
    CHECK_FALSE(fixed->front().accept_ra);
    CHECK(texts_of(fixed->front().routes) == Texts{"default via fe80::1"});
}

TEST_CASE("a VLAN on a bond is frozen with all that it stands on") {
    NetworkSnapshot snapshot = plain();
    Link bond = made(4, "bond0", "bond", "52:54:00:00:00:02");
    Link vlan = made(5, "bond0.7", "vlan", "52:54:00:00:00:02");
    vlan.parent = 4;
    vlan.vlan = 7;
    vlan.addresses = {address("192.0.2.7/24")};
    snapshot.links[1].addresses.clear();
    snapshot.links[1].master = snapshot.links[2].master = 4;
    snapshot.links[2].mac = "52:54:00:00:00:02"; // as bonds do
    snapshot.links.push_back(bond);
    snapshot.links.push_back(vlan);
    snapshot.bonds["bond0"] = {"mode=active-backup", "miimon=100"};
    const auto interfaces = freeze(snapshot, {{"192.0.2.9", 5, ""}});
    REQUIRE(interfaces);
    REQUIRE(interfaces->size() == 4);
    CHECK(named(*interfaces, "ens4").mac == "52:54:00:00:00:03");
    CHECK(named(*interfaces, "ens4").master == "bond0");
    CHECK(named(*interfaces, "bond0").bond == Texts{"mode=active-backup", "miimon=100"});
    CHECK(named(*interfaces, "bond0").mac == "52:54:00:00:00:02");
    CHECK(interfaces->back().name == "bond0.7");
    CHECK(interfaces->back().vlan == 7);
    CHECK(interfaces->back().parent == "bond0");
    CHECK(interfaces->back().mac.empty());
    const auto modules = interface_modules(*interfaces);
    CHECK(std::any_of(modules.begin(), modules.end(), [](const auto& m) { return m.name == "bonding"; }));
    CHECK(std::any_of(modules.begin(), modules.end(), [](const auto& m) { return m.name == "8021q"; }));
}

TEST_CASE("of a bridge only the members that lead out are frozen") {
    NetworkSnapshot snapshot = plain();
    snapshot.links[1].addresses.clear();
    snapshot.links[1].master = 4;
    snapshot.links.push_back(made(4, "br0", "bridge", "52:54:00:00:00:02"));
    snapshot.links.back().addresses = {address("192.0.2.7/24")};
    snapshot.links.push_back(made(5, "vnet0", "tun", "fe:54:00:00:00:05"));
    snapshot.links.back().master = 4;
    const auto interfaces = freeze(snapshot, {{"192.0.2.9", 4, ""}});
    REQUIRE(interfaces);
    REQUIRE(interfaces->size() == 2);
    CHECK(interfaces->front().name == "ens3");
    CHECK(interfaces->back().kind == InterfaceKind::bridge);
    snapshot.links[1].master = 0;
    CHECK_THAT(freeze(snapshot, {{"192.0.2.9", 4, ""}}).error().message(), Contains("none of its members"));
}

TEST_CASE("what the capture kernel cannot make is refused") {
    NetworkSnapshot snapshot = plain();
    snapshot.links.push_back(made(4, "wg0", "wireguard", ""));
    CHECK_THAT(freeze(snapshot, {{"10.0.0.1", 4, ""}}).error().message(), Contains("wireguard"));
    CHECK_THAT(freeze(snapshot, {{"127.0.0.1", 1, ""}}).error().message(), Contains("this machine itself"));
    snapshot.wireless = {"ens4"};
    CHECK_THAT(freeze(snapshot, {{"10.0.0.1", 3, ""}}).error().message(), Contains("wireless"));
}

TEST_CASE("networks and the addresses in them") {
    CHECK(covers("default", "192.0.2.1"));
    CHECK(covers("192.0.2.0/24", "192.0.2.255"));
    CHECK_FALSE(covers("192.0.2.0/25", "192.0.2.128"));
    CHECK(covers("192.0.2.7/32", "192.0.2.7"));
    CHECK(covers("2001:db8::/33", "2001:db8:7fff::1"));
    CHECK_FALSE(covers("2001:db8::/33", "2001:db8:8000::1"));
    CHECK_FALSE(covers("0.0.0.0/1", "::1"));
}

TEST_CASE("a bond's options, as far as they matter in its mode") {
    const auto options = [](std::map<std::string, std::string> files) {
        return bond_options([&](const char* name) { return files[name]; });
    };
    CHECK(options({{"mode", "active-backup 1\n"},
                   {"miimon", "100\n"},
                   {"primary", "ens3\n"},
                   {"updelay", "0\n"},
                   {"primary_reselect", "always 0\n"},
                   {"lacp_rate", "slow 0\n"},
                   {"fail_over_mac", "none 0\n"},
                   {"arp_interval", "0\n"}}) == Texts{"mode=active-backup", "fail_over_mac=none",
                                                      "primary=ens3", "primary_reselect=always",
                                                      "miimon=100"});
    CHECK(options({{"mode", "802.3ad 4\n"},
                   {"lacp_rate", "fast 1\n"},
                   {"xmit_hash_policy", "layer3+4 1\n"},
                   {"arp_interval", "1000\n"},
                   {"arp_ip_target", "192.0.2.1 192.0.2.2 \n"}}) ==
          Texts{"mode=802.3ad", "lacp_rate=fast", "xmit_hash_policy=layer3+4", "arp_interval=1000",
                "arp_ip_target=+192.0.2.1", "arp_ip_target=+192.0.2.2"});
}

TEST_CASE("the real DNS servers, not the stub that ends with the machine") {
    TemporaryFolder folder;
    folder.file("etc/resolv.conf", "# x\nnameserver 127.0.0.53\noptions edns0 trust-ad\nsearch .\n");
    folder.file("run/systemd/resolve/resolv.conf",
                "nameserver 192.0.2.53\nnameserver 2001:db8::53\nsearch example.org a.example.org\n");
    const auto read = [&] { return read_resolver_settings(folder.path() + "/etc", folder.path() + "/run"); };
    CHECK(read() == ResolverSettings{{"192.0.2.53", "2001:db8::53"}, {"example.org", "a.example.org"}});
    folder.file("etc/resolv.conf", "nameserver 192.0.2.1\ndomain lan\nnameserver nonsense\n");
    CHECK(read() == ResolverSettings{{"192.0.2.1"}, {"lan"}});
    folder.file("etc/resolv.conf", "nameserver 127.0.0.1\nnameserver 192.0.2.1\n");
    CHECK(read() == ResolverSettings{{"192.0.2.1"}, {}});
}

TEST_CASE("without a DHCP client the address stays as it is, if there is one") {
    FrozenNetwork frozen;
    frozen.network.interfaces.resize(1);
    Interface& one = frozen.network.interfaces.front();
    one.name = "ens3";
    one.dhcp = true;
    CHECK_THAT(do_without_dhcp(frozen).error().message(), Contains("dhcpcd-base"));
    one.addresses = {"192.0.2.7/24"};
    REQUIRE(do_without_dhcp(frozen));
    CHECK_FALSE(one.dhcp);
    REQUIRE(frozen.warnings.size() == 1);
    CHECK_THAT(frozen.warnings[0], Contains("dhcpcd-base"));
    one.dhcp = true;
    frozen.network.method = NetworkMethod::dhcp;
    CHECK_FALSE(do_without_dhcp(frozen));
}

TEST_CASE("the host that a target's connection goes to is the one that is resolved") {
    const auto host = [](const std::string& url) { return host_of(parse_target(url).value()); };
    const std::string keys = "?credentials=/c";
    CHECK(host("nfs://server/x") == "server");
    CHECK(host("s3://b/x" + keys + "&endpoint=https://h:9") == "h");
    CHECK(host("s3://b/x" + keys + "&endpoint=https://[2001:db8::9]:9") == "2001:db8::9");
    CHECK(host("s3://b/x" + keys + "&endpoint=http://h&style=virtual") == "b.h");
    CHECK(host("s3://b/x" + keys + "&region=eu-west-1") == "b.s3.eu-west-1.amazonaws.com");
    CHECK(host("s3://b/x" + keys + "&region=eu-west-1&style=path") == "s3.eu-west-1.amazonaws.com");
}

TEST_CASE("the network of another root has to be described") {
    Surroundings around;
    around.running_system = false;
    around.find_drivers = false;
    const auto freeze_for = [&](const std::string& settings) {
        return freeze_network(parse_settings(settings, "s.toml").value(), around);
    };
    const std::string interface =
        "[[network.interface]]\nname = \"x\"\nmac = \"52:54:00:12:34:56\"\naddresses = \"192.0.2.7/24\"\n";
    CHECK(freeze_for("target = \"file:///crash\"\n")->network.interfaces.empty());
    CHECK_THAT(freeze_for("[capture]\nfence_kdump = \"192.0.2.9\"\n").error().message(),
               Contains("[network]"));
    CHECK(freeze_for("[capture]\nfence_kdump = \"192.0.2.9\"\n" + interface)->network.interfaces.size() == 1);
    CHECK_THAT(freeze_for("target = \"nfs://192.0.2.9/crash\"\n").error().message(), Contains("[network]"));
    const auto described = freeze_for("target = \"nfs://192.0.2.9/crash\"\n" + interface);
    REQUIRE(described);
    CHECK(described->network.interfaces.size() == 1);
    CHECK_THAT(freeze_for("target = \"nfs://nowhere.invalid/crash\"\n" + interface).error().message(),
               Contains("nowhere.invalid") && Contains("hosts"));
    CHECK(freeze_for("target = \"nfs://nfs.lan/crash\"\n[network]\nhosts = \"192.0.2.9 nfs.lan\"\n" +
                     interface));
}
