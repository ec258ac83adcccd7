// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "network/kernel.h"

#include <cerrno>
#include <functional>
#include <map>
#include <set>

#include <sys/socket.h>

namespace kdumpkit::network {

// Devices appear and get a carrier when their time comes; time passes by sleeping and by DHCP.
class FakeKernel : public Kernel {
  public:
    struct Device {
        std::string mac, path;
        double appears_at = 0, carrier_at = 0;
    };
    std::map<std::string, Device> devices;
    std::map<std::string, double> router_at; // a router advertises on this interface from then on
    std::set<std::string> taken;             // IPv6 addresses that another machine has
    double dad_seconds = 1;
    std::set<std::string> dhcp_silent; // no DHCP server on these; the others' need 2 seconds to answer
    std::set<std::string> full;        // take no member
    std::vector<std::string> done;     // what was asked for, in order
    double clock = 0;

    Result<std::vector<Link>> links() override {
        std::vector<Link> list;
        for (const auto& [name, device] : devices)
            if (clock >= device.appears_at)
                list.push_back(link_of(name, device.mac, device.path));
        for (const auto& [name, kind] : made_) {
            list.push_back(link_of(name, mac_[name], ""));
            list.back().kind = kind;
        }
        return list;
    }
    Result<> add_vlan(const std::string& name, const std::string& parent, unsigned id) override {
        parent_[name] = parent;
        return make(name, "vlan", " on " + parent + " " + std::to_string(id));
    }
    Result<> add_bond(const std::string& name) override { return make(name, "bond", ""); }
    Result<> add_bridge(const std::string& name) override { return make(name, "bridge", ""); }
    Result<> set_bond_option(const std::string& bond, const std::string& option,
                             const std::string& value) override {
        return note(bond + " " + option + "=" + value);
    }
    Result<> set_master(const std::string& name, const std::string& master) override {
        if (full.contains(master) || (made_[master] == "bond" && up_.contains(name)))
            return fail(system_error("enslave", name, EBUSY));
        master_[name] = master;
        return note(name + " master " + master);
    }
    Result<> set_mac(const std::string& name, const std::string& mac) override {
        mac_[name] = mac;
        return note(name + " mac " + mac);
    }
    Result<> set_mtu(const std::string& name, unsigned mtu) override {
        return note(name + " mtu " + std::to_string(mtu));
    }
    Result<> set_up(const std::string& name, bool up) override {
        if (up)
            up_.insert(name);
        else
            up_.erase(name);
        return note(name + (up ? " up" : " down"));
    }
    Result<> set_accept_ra(const std::string& name, bool accept) override {
        return accept ? note(name + " ra") : Result<>();
    }
    Result<> add_address(const std::string& name, const std::string& address) override {
        addresses_[name][address] = clock;
        return note(name + " " + address);
    }
    Result<> add_route(const std::string& name, const Route& route) override {
        return note(name + " route " + route.text());
    }
    Result<> ask_dhcp(const std::string& name, std::chrono::seconds timeout) override {
        const bool answers = !dhcp_silent.contains(name) && timeout.count() >= 2;
        clock += answers ? 1 : static_cast<double>(timeout.count());
        done.push_back(name + " dhcp");
        if (!answers)
            return fail(ErrorKind::absent, "ask for", "an address for " + name, "no DHCP server answered");
        addresses_[name]["198.51.100.77/24"] = clock;
        return {};
    }
    double seconds() override { return clock; }
    void sleep(std::chrono::milliseconds duration) override {
        clock += static_cast<double>(duration.count()) / 1000;
    }

  private:
    Result<> note(std::string text) {
        done.push_back(std::move(text));
        return {};
    }
    Result<> make(const std::string& name, const std::string& kind, const std::string& more) {
        if (!made_.try_emplace(name, kind).second)
            return {};
        return note("make " + name + more);
    }
    bool has_carrier(const std::string& name) {
        if (!up_.contains(name))
            return false;
        if (const auto device = devices.find(name); device != devices.end())
            return clock >= device->second.carrier_at;
        if (parent_.contains(name))
            return has_carrier(parent_[name]);
        for (const auto& [member, master] : master_)
            if (master == name && has_carrier(member))
                return true;
        return false;
    }
    Link link_of(const std::string& name, const std::string& mac, const std::string& path) {
        Link link;
        link.name = name;
        link.mac = link.permanent_mac = mac;
        link.path = path;
        link.index = index_of(name);
        link.master = master_.contains(name) ? index_of(master_[name]) : 0;
        link.up = up_.contains(name);
        link.carrier = has_carrier(name);
        link.mtu = 1500;
        for (const auto& [text, since] : addresses_[name]) {
            LinkAddress address;
            address.text = text;
            address.family = address_family(text);
            address.global = true;
            if (address.family == AF_INET6) {
                address.dad_failed = taken.contains(text);
                address.tentative = address.dad_failed || clock < since + dad_seconds;
            }
            link.addresses.push_back(address);
        }
        if (router_at.contains(name) && clock >= router_at[name])
            link.addresses.push_back({"2001:db8::99/64", AF_INET6, true, false, false, false, true});
        return link;
    }
    int index_of(const std::string& name) {
        return indexes_.try_emplace(name, static_cast<int>(indexes_.size()) + 1).first->second;
    }

    std::map<std::string, std::string> made_, parent_, master_, mac_;
    std::map<std::string, std::map<std::string, double>> addresses_;
    std::map<std::string, int> indexes_;
    std::set<std::string> up_;
};

} // namespace kdumpkit::network
