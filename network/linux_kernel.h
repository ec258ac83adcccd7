// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/netlink.h"
#include "network/kernel.h"

namespace kdumpkit::network {

// The kernel that this process runs on, by rtnetlink and, where that has no word for it, by /proc and /sys.
class LinuxKernel : public Kernel {
  public:
    static Result<LinuxKernel> open();
    // For open().
    explicit LinuxKernel(Netlink<nl_sock> socket) : socket_(std::move(socket)) {}
    LinuxKernel(LinuxKernel&& other) noexcept : socket_(std::move(other.socket_)) {}

    Result<std::vector<Link>> links() override;
    Result<> add_vlan(const std::string& name, const std::string& parent, unsigned id) override;
    Result<> add_bond(const std::string& name) override;
    Result<> add_bridge(const std::string& name) override;
    Result<> set_bond_option(const std::string& bond, const std::string& option,
                             const std::string& value) override;
    Result<> set_master(const std::string& name, const std::string& master) override;
    Result<> set_mac(const std::string& name, const std::string& mac) override;
    Result<> set_mtu(const std::string& name, unsigned mtu) override;
    Result<> set_up(const std::string& name, bool up) override;
    Result<> set_accept_ra(const std::string& name, bool accept) override;
    Result<> add_address(const std::string& name, const std::string& address) override;
    Result<> add_route(const std::string& name, const Route& route) override;
    Result<> ask_dhcp(const std::string& name, std::chrono::seconds timeout) override;
    double seconds() override;
    void sleep(std::chrono::milliseconds duration) override;

  private:
    Netlink<nl_sock> socket_;
};

} // namespace kdumpkit::network
