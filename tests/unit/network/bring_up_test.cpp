// SPDX-License-Identifier: GPL-2.0-or-later
#include "fake_kernel.h"
#include "network/bring_up.h"

#include <algorithm>

#include <catch2/catch.hpp>

using namespace kdumpkit;
using namespace kdumpkit::network;
using Catch::Matchers::Contains;
using Catch::Matchers::Equals;

namespace {

constexpr const char* mac_a = "52:54:00:00:00:0a";
constexpr const char* mac_b = "52:54:00:00:00:0b";

Interface device(const std::string& name, const std::string& mac) {
    Interface interface;
    interface.name = name;
    interface.mac = mac;
    return interface;
}

struct Bench {
    FakeKernel kernel;
    Network network;
    std::vector<std::string> said;

    Bench() { network.link_timeout = std::chrono::seconds(10); }
    void put(Interface interface) { network.interfaces.push_back(std::move(interface)); }
    // ens3 and ens4; the bond itself is still to be put.
    Interface put_bond_members() {
        for (const char* mac : {mac_a, mac_b}) {
            put(device(mac == mac_a ? "ens3" : "ens4", mac));
            network.interfaces.back().master = "bond0";
        }
        Interface bond;
        bond.name = "bond0";
        bond.kind = InterfaceKind::bond;
        return bond;
    }
    Result<> wait() {
        BringUp life(network, kernel, [&](std::string_view line) { said.emplace_back(line); });
        return life.wait();
    }
    [[nodiscard]] bool did(const std::string& what) const { return when(what) < kernel.done.size(); }
    [[nodiscard]] std::size_t when(const std::string& what) const {
        return static_cast<std::size_t>(std::find(kernel.done.begin(), kernel.done.end(), what) -
                                        kernel.done.begin());
    }
    [[nodiscard]] std::string text() const {
        std::string all;
        for (const std::string& line : said)
            all += line + "\n";
        return all;
    }
};

} // namespace

TEST_CASE("a device is found by its MAC address, whatever it is called now") {
    Bench bench;
    bench.kernel.devices["eth0"] = {mac_b, "pci0/1", 0, 0};
    bench.kernel.devices["eth1"] = {mac_a, "pci0/2", 0, 2};
    Interface wanted = device("ens3", mac_a);
    wanted.mtu = 9000;
    wanted.addresses = {"192.0.2.7/24"};
    wanted.routes = {{"default", "192.0.2.1", 0, false}};
    bench.put(wanted);
    REQUIRE(bench.wait());
    CHECK_THAT(bench.kernel.done,
               Equals(std::vector<std::string>{"lo up", "eth1 mtu 9000", "eth1 up", "eth1 192.0.2.7/24",
                                               "eth1 route default via 192.0.2.1"}));
    CHECK(bench.kernel.clock >= 2);
    CHECK(bench.kernel.clock < 3);
    CHECK_THAT(bench.text(), Contains("eth1 (MAC " + std::string(mac_a) + ", the settings' ens3)") &&
                                 Contains("192.0.2.7/24"));
}

TEST_CASE("a device may appear late") {
    Bench bench;
    bench.kernel.devices["eth0"] = {mac_a, "pci0/1", 3, 4};
    bench.put(device("ens3", mac_a));
    bench.network.interfaces[0].addresses = {"192.0.2.7/24"};
    REQUIRE(bench.wait());
    CHECK(bench.kernel.clock >= 4);
}

TEST_CASE("what does not come up is an error with its reason") {
    Bench bench;
    bench.put(device("ens3", mac_a));
    bench.network.interfaces[0].addresses = {"192.0.2.7/24"};
    std::string reason;
    SECTION("no such device") {
        bench.kernel.devices["eth0"] = {mac_b, "pci0/1", 0, 0};
        reason = "eth0 " + std::string(mac_b);
    }
    SECTION("no carrier") {
        bench.kernel.devices["eth0"] = {mac_a, "pci0/1", 0, 100};
        reason = "its link is down (no carrier)";
    }
    SECTION("an address that somebody has") {
        bench.kernel.devices["eth0"] = {mac_a, "pci0/1", 0, 0};
        bench.network.interfaces[0].addresses = {"2001:db8::7/64"};
        bench.kernel.taken = {"2001:db8::7/64"};
        reason = "another machine has its address 2001:db8::7/64";
    }
    SECTION("no router") {
        bench.kernel.devices["eth0"] = {mac_a, "pci0/1", 0, 0};
        bench.network.interfaces[0].addresses.clear();
        bench.network.interfaces[0].accept_ra = true;
        reason = "no router gave it an IPv6 address";
    }
    const auto end = bench.wait();
    REQUIRE_FALSE(end);
    CHECK(end.error().kind == ErrorKind::absent);
    CHECK_THAT(end.error().message(), Contains(reason) && Contains(mac_a));
    CHECK(bench.kernel.clock >= 10);
    CHECK(bench.kernel.clock < 11);
}

TEST_CASE("one interface of two is enough to go on, and the other is told of") {
    Bench bench;
    bench.kernel.devices["eth0"] = {mac_a, "pci0/1", 0, 0};
    for (const char* mac : {mac_a, mac_b}) {
        bench.put(device(mac == mac_a ? "a" : "b", mac));
        bench.network.interfaces.back().addresses = {"192.0.2.7/24"};
    }
    REQUIRE(bench.wait());
    CHECK_THAT(bench.text(), Contains("after 10 s without b (MAC " + std::string(mac_b)));
}

TEST_CASE("a VLAN on a bond: members join while they are down, and the rest stands on the bond") {
    Bench bench;
    bench.kernel.devices["eth0"] = {mac_a, "pci0/1", 0, 1};
    bench.kernel.devices["eth1"] = {mac_b, "pci0/2", 0, 100};
    Interface bond = bench.put_bond_members();
    bond.mac = mac_a;
    bond.bond = {"mode=active-backup", "primary=ens4", "miimon=100"};
    bench.put(bond);
    Interface vlan;
    vlan.name = "bond0.7";
    vlan.kind = InterfaceKind::vlan;
    vlan.parent = "bond0";
    vlan.vlan = 7;
    vlan.addresses = {"192.0.2.7/24"};
    bench.put(vlan);
    REQUIRE(bench.wait());
    CHECK(bench.did("make bond0"));
    CHECK(bench.when("bond0 mode=active-backup") < bench.when("eth0 master bond0"));
    CHECK(bench.when("eth0 master bond0") < bench.when("eth0 up"));
    CHECK(bench.when("eth1 master bond0") < bench.when("bond0 primary=eth1"));
    CHECK(bench.did("make bond0.7 on bond0 7"));
    CHECK(bench.did("bond0.7 192.0.2.7/24"));
    CHECK(bench.kernel.clock < 2);
}

TEST_CASE("a bond without a link tells of its members") {
    Bench bench;
    bench.kernel.devices["eth0"] = {mac_a, "pci0/1", 0, 100};
    Interface bond = bench.put_bond_members();
    bond.addresses = {"192.0.2.7/24"};
    bench.put(bond);
    const auto end = bench.wait();
    REQUIRE_FALSE(end);
    CHECK_THAT(end.error().message(), Contains("eth0 (MAC " + std::string(mac_a)) && Contains("ens4 (MAC ") &&
                                          Contains("no carrier"));
}

TEST_CASE("a member that its bond does not take says why") {
    Bench bench;
    bench.kernel.devices["eth0"] = {mac_a, "pci0/1", 0, 0};
    bench.kernel.devices["eth1"] = {mac_b, "pci0/2", 0, 0};
    bench.kernel.full = {"bond0"};
    Interface bond = bench.put_bond_members();
    bond.addresses = {"192.0.2.7/24"};
    bench.put(bond);
    const auto end = bench.wait();
    REQUIRE_FALSE(end);
    CHECK_THAT(end.error().message(), Contains("eth0 (MAC " + std::string(mac_a)) && Contains("enslave"));
}

TEST_CASE("DHCP is asked once there is a carrier; the address of before is for when nobody answers") {
    Bench bench;
    bench.kernel.devices["eth0"] = {mac_a, "pci0/1", 0, 2};
    bench.put(device("ens3", mac_a));
    Interface& wanted = bench.network.interfaces[0];
    wanted.dhcp = true;
    SECTION("somebody answers") {
        wanted.addresses = {"192.0.2.7/24"};
        REQUIRE(bench.wait());
        CHECK_FALSE(bench.did("eth0 192.0.2.7/24"));
        CHECK_THAT(bench.text(), Contains("198.51.100.77/24"));
    }
    SECTION("nobody answers") {
        bench.kernel.dhcp_silent = {"eth0"};
        wanted.addresses = {"192.0.2.7/24"};
        wanted.routes = {{"default", "192.0.2.1", 0, false}};
        REQUIRE(bench.wait());
        CHECK(bench.when("eth0 dhcp") < bench.when("eth0 192.0.2.7/24"));
        CHECK(bench.did("eth0 route default via 192.0.2.1"));
        CHECK_THAT(bench.text(), Contains("taking the address of before the panic, 192.0.2.7/24"));
    }
    SECTION("nobody answers, and there is none") {
        bench.kernel.dhcp_silent = {"eth0"};
        const auto end = bench.wait();
        REQUIRE_FALSE(end);
        CHECK_THAT(bench.text(), Contains("no DHCP server answered"));
    }
}

TEST_CASE("a network without a DHCP server leaves time to ask on the next one") {
    Bench bench;
    for (const char* mac : {mac_a, mac_b}) {
        bench.kernel.devices[mac == mac_a ? "eth0" : "eth1"] = {mac, "pci0/1", 0, 0};
        bench.put(device(mac == mac_a ? "ens3" : "ens4", mac));
        bench.network.interfaces.back().dhcp = true;
    }
    bench.kernel.dhcp_silent = {"eth0"};
    REQUIRE(bench.wait());
    CHECK_THAT(bench.text(), Contains("eth1 (MAC " + std::string(mac_b) + ", the settings' ens4) is up"));
}

TEST_CASE("IPv6 addresses are waited for: DAD and router advertisements") {
    Bench bench;
    bench.kernel.devices["eth0"] = {mac_a, "pci0/1", 0, 0};
    bench.put(device("ens3", mac_a));
    Interface& wanted = bench.network.interfaces[0];
    SECTION("static") {
        wanted.addresses = {"2001:db8::7/64"};
        REQUIRE(bench.wait());
        CHECK(bench.kernel.clock >= 1);
    }
    SECTION("from a router") {
        wanted.accept_ra = true;
        bench.kernel.router_at["eth0"] = 3;
        REQUIRE(bench.wait());
        CHECK(bench.did("eth0 ra"));
        CHECK(bench.kernel.clock >= 3);
        CHECK_THAT(bench.text(), Contains("2001:db8::99/64"));
    }
    CHECK(bench.kernel.clock < 4);
}
