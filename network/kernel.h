// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "base/links.h"
#include "config/network.h"

#include <chrono>
#include <string>
#include <vector>

namespace kdumpkit::network {

// Everything that bringing up a network asks of the machine. What is there already is no error, so that all
// of it can be asked for twice. Names are the kernel's.
class Kernel {
  public:
    Kernel() = default;
    Kernel(const Kernel&) = delete;
    Kernel& operator=(const Kernel&) = delete;
    virtual ~Kernel() = default;

    virtual Result<std::vector<Link>> links() = 0;
    virtual Result<> add_vlan(const std::string& name, const std::string& parent, unsigned id) = 0;
    virtual Result<> add_bond(const std::string& name) = 0;
    virtual Result<> add_bridge(const std::string& name) = 0;
    // As below /sys/class/net/NAME/bonding.
    virtual Result<> set_bond_option(const std::string& bond, const std::string& option,
                                     const std::string& value) = 0;
    virtual Result<> set_master(const std::string& name, const std::string& master) = 0;
    virtual Result<> set_mac(const std::string& name, const std::string& mac) = 0;
    virtual Result<> set_mtu(const std::string& name, unsigned mtu) = 0;
    virtual Result<> set_up(const std::string& name, bool up) = 0;
    // Whether router advertisements give it addresses and routes. A kernel without IPv6 is no error.
    virtual Result<> set_accept_ra(const std::string& name, bool accept) = 0;
    virtual Result<> add_address(const std::string& name, const std::string& address) = 0;
    virtual Result<> add_route(const std::string& name, const Route& route) = 0;

    // Runs the DHCP client until it has configured the interface and goes on in the background.
    virtual Result<> ask_dhcp(const std::string& name, std::chrono::seconds timeout) = 0;

    virtual double seconds() = 0; // of a steady clock
    virtual void sleep(std::chrono::milliseconds duration) = 0;
};

} // namespace kdumpkit::network
