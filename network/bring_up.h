// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "config/network.h"
#include "network/kernel.h"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace kdumpkit::network {

// Makes a network out of its description, step by step, as devices and links appear.
class BringUp {
  public:
    using Say = std::function<void(std::string_view)>;
    // `network` and `kernel` outlive it.
    BringUp(const Network& network, Kernel& kernel, Say say);

    // Does all that can be done now, without waiting: finds devices, makes what stands on them, switches them
    // on and gives them their addresses and routes.
    Result<> start();
    // The same again and again, with DHCP, until every interface that carries addresses has them, or
    // `network.link_timeout` is over. What did not come up is said with its reason; it is an error only when
    // none did, since the others may lead to the target.
    Result<> wait();

  private:
    struct State {
        const Interface& interface;
        std::string name; // the kernel's; empty until it is there
        bool configured = false;
        bool dhcp_done = false;
        bool ready = false;
        std::string trouble; // why it is not ready, as of the last look
    };
    Result<bool> advance();
    Result<> look();
    Result<> step(State& state);
    Result<> make(State& state);
    Result<> make_virtual(State& state);
    Result<> configure(State& state);
    Result<> join_master(State& state);
    Result<> add_addresses(State& state);
    void set_bond_options(const State& state);
    void ask_dhcp(State& state, double deadline);
    void judge(State& state);
    void warn(const Result<>& result);
    [[nodiscard]] const Link* link_of(const State& state) const;
    [[nodiscard]] State* find(const std::string& name);
    [[nodiscard]] std::string reason(const State& state) const;

    const Network& network_;
    Kernel& kernel_;
    Say say_;
    std::vector<State> states_;
    std::vector<Link> links_;
};

} // namespace kdumpkit::network
