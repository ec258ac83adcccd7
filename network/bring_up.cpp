// SPDX-License-Identifier: GPL-2.0-or-later
#include "network/bring_up.h"

#include "config/nic.h"
#include "network/readiness.h"

#include <algorithm>
#include <cmath>

#include <fmt/ranges.h>
#include <sys/socket.h>

namespace kdumpkit::network {
namespace {

// While a DHCP server may still answer, its answer takes the place of the IPv4 addresses of before.
bool comes_from_dhcp(const Interface& interface, bool dhcp_done, int family) {
    return interface.dhcp && !dhcp_done && family == AF_INET;
}

} // namespace

BringUp::BringUp(const Network& network, Kernel& kernel, Say say)
    : network_(network), kernel_(kernel), say_(std::move(say)) {
    for (const Interface& interface : network.interfaces)
        states_.push_back({interface, {}, false, false, false, {}});
}

Result<> BringUp::look() {
    KDK_ASSIGN(links_, kernel_.links());
    return {};
}

const Link* BringUp::link_of(const State& state) const {
    const auto link =
        std::find_if(links_.begin(), links_.end(), [&](const Link& one) { return one.name == state.name; });
    return state.name.empty() || link == links_.end() ? nullptr : &*link;
}

BringUp::State* BringUp::find(const std::string& name) {
    const auto state = std::find_if(states_.begin(), states_.end(),
                                    [&](const State& one) { return one.interface.name == name; });
    return state == states_.end() ? nullptr : &*state;
}

void BringUp::warn(const Result<>& result) {
    if (!result)
        say_("warning: " + result.error().message());
}

// With the reasons of what it stands on: of a bond without a link, its members tell more.
std::string BringUp::reason(const State& state) const {
    std::vector<std::string> texts = {state.trouble.empty() ? "it did not come up" : state.trouble};
    for (const State& lower : states_)
        if (!lower.trouble.empty() && (lower.interface.master == state.interface.name ||
                                       lower.interface.name == state.interface.parent))
            texts.push_back(fmt::format("{}: {}", description(lower.interface, lower.name), reason(lower)));
    return fmt::format("{}", fmt::join(texts, "; "));
}

Result<> BringUp::make_virtual(State& state) {
    const Interface& interface = state.interface;
    switch (interface.kind) {
    case InterfaceKind::bond:
        return kernel_.add_bond(interface.name);
    case InterfaceKind::bridge:
        return kernel_.add_bridge(interface.name);
    default:
        return kernel_.add_vlan(interface.name, find(interface.parent)->name, interface.vlan);
    }
}

Result<> BringUp::make(State& state) {
    const Interface& interface = state.interface;
    if (interface.kind == InterfaceKind::device) {
        const Link* nic = find_nic(links_, interface);
        if (nic == nullptr)
            return fail(make_error(ErrorKind::absent, "find the network device", identity(interface),
                                   fmt::format("there is {}", devices_text(links_))));
        state.name = nic->name;
        return {};
    }
    const State* parent = interface.parent.empty() ? nullptr : find(interface.parent);
    if (parent != nullptr && parent->name.empty())
        return fail(ErrorKind::absent, "make", interface.name, parent->interface.name + " is missing");
    KDK_TRY(make_virtual(state));
    state.name = interface.name;
    return look();
}

// A mode can be set only while the bond is down and has no member; the other options go with it.
void BringUp::set_bond_options(const State& state) {
    for (const std::string& option : state.interface.bond) {
        const std::size_t equals = option.find('=');
        const std::string key = option.substr(0, equals);
        if (key != "primary") // names a member, which is there later
            warn(kernel_.set_bond_option(state.name, key, option.substr(equals + 1)));
    }
}

Result<> BringUp::add_addresses(State& state) {
    const Interface& interface = state.interface;
    for (const int family : {AF_INET, AF_INET6}) {
        if (comes_from_dhcp(interface, state.dhcp_done, family))
            continue;
        for (const std::string& address : interface.addresses)
            if (address_family(address) == family)
                KDK_TRY(kernel_.add_address(state.name, address));
        for (const Route& route : interface.routes)
            if (route.family() == family)
                KDK_TRY(kernel_.add_route(state.name, route));
    }
    return {};
}

Result<> BringUp::configure(State& state) {
    const Interface& interface = state.interface;
    const Link* link = link_of(state);
    if (link == nullptr)
        return fail(ErrorKind::absent, "find the interface", state.name, "it went away");
    if (!link->up && interface.kind == InterfaceKind::bond)
        set_bond_options(state);
    if (interface.kind != InterfaceKind::device && !interface.mac.empty() && link->mac != interface.mac)
        warn(kernel_.set_mac(state.name, interface.mac));
    if (interface.mtu != 0 && link->mtu != interface.mtu)
        warn(kernel_.set_mtu(state.name, interface.mtu));
    warn(kernel_.set_accept_ra(state.name, interface.accept_ra));
    // A bond switches its members on itself, and takes none that is on.
    const State* master = find(interface.master);
    if (master == nullptr || master->interface.kind != InterfaceKind::bond)
        KDK_TRY(kernel_.set_up(state.name, true));
    KDK_TRY(add_addresses(state));
    state.configured = true;
    return {};
}

Result<> BringUp::join_master(State& state) {
    State* master = find(state.interface.master);
    const Link* own = link_of(state);
    const Link* link = master == nullptr ? nullptr : link_of(*master);
    if (own == nullptr || link == nullptr || own->master == link->index)
        return {};
    if (master->interface.kind == InterfaceKind::bond && own->up)
        KDK_TRY(kernel_.set_up(state.name, false));
    KDK_TRY(kernel_.set_master(state.name, master->name));
    KDK_TRY(kernel_.set_up(state.name, true));
    const auto& options = master->interface.bond;
    if (std::find(options.begin(), options.end(), "primary=" + state.interface.name) != options.end())
        warn(kernel_.set_bond_option(master->name, "primary", state.name));
    return look();
}

Result<> BringUp::step(State& state) {
    if (state.name.empty())
        KDK_TRY(make(state));
    if (!state.configured)
        KDK_TRY(configure(state));
    return join_master(state);
}

// Sets `ready`, or what it waits for as `trouble`.
void BringUp::judge(State& state) {
    const Link* link = link_of(state);
    if (link == nullptr) {
        state.trouble = "it went away";
        return;
    }
    state.trouble = what_is_missing(state.interface, *link, state.dhcp_done);
    state.ready = state.trouble.empty() && state.interface.carries_addresses();
    if (state.ready)
        say_(fmt::format("{} is up with {}", description(state.interface, state.name),
                         fmt::join(global_addresses(*link), ", ")));
}

Result<bool> BringUp::advance() {
    KDK_TRY(look());
    // Each comes behind what it stands on, but members join what comes behind them.
    for (State& state : states_) {
        const auto done = step(state);
        state.trouble = done ? std::string() : done.error().message();
    }
    for (State& state : states_)
        if (auto joined = join_master(state); !joined)
            state.trouble = joined.error().message();
    KDK_TRY(look());
    for (State& state : states_)
        if (!state.ready && state.configured && state.trouble.empty())
            judge(state);
    return std::all_of(states_.begin(), states_.end(), [](const State& state) {
        return state.ready || !state.interface.carries_addresses();
    });
}

Result<> BringUp::start() {
    warn(kernel_.set_up("lo", true));
    KDK_TRY(advance());
    return {};
}

void BringUp::ask_dhcp(State& state, double deadline) {
    const Link* link = link_of(state);
    if (!state.interface.dhcp || state.dhcp_done || link == nullptr || !link->carrier)
        return;
    // One after the other: a network without a server leaves time for those that come behind it.
    const auto unasked = std::count_if(states_.begin(), states_.end(), [&](const State& one) {
        const Link* other = link_of(one);
        return one.interface.dhcp && !one.dhcp_done && other != nullptr && other->carrier;
    });
    const double share = (deadline - kernel_.seconds()) / static_cast<double>(unasked);
    const auto asked = kernel_.ask_dhcp(
        state.name, std::chrono::seconds(static_cast<int>(std::max(1.0, std::floor(share)))));
    state.dhcp_done = true;
    if (asked)
        return;
    say_(asked.error().message());
    const auto& addresses = state.interface.addresses;
    const auto old = std::find_if(addresses.begin(), addresses.end(), [](const std::string& address) {
        return address_family(address) == AF_INET;
    });
    if (old == addresses.end()) {
        state.dhcp_done = false; // there is nothing else to go on with
        return;
    }
    say_(fmt::format("{}: taking the address of before the panic, {}",
                     description(state.interface, state.name), *old));
    warn(add_addresses(state));
}

Result<> BringUp::wait() {
    const double begin = kernel_.seconds();
    const double deadline = begin + static_cast<double>(network_.link_timeout.count());
    warn(kernel_.set_up("lo", true));
    for (;;) {
        KDK_ASSIGN(bool ready, advance());
        for (State& state : states_)
            ask_dhcp(state, deadline);
        if (ready)
            return {};
        if (kernel_.seconds() >= deadline)
            break;
        kernel_.sleep(std::chrono::milliseconds(kernel_.seconds() - begin < 5 ? 50 : 250));
    }
    KDK_TRY(advance());
    std::size_t up = 0;
    std::vector<std::string> reasons;
    for (const State& state : states_) {
        if (state.ready)
            ++up;
        else if (state.interface.carries_addresses())
            reasons.push_back(fmt::format("{}: {}", description(state.interface, state.name), reason(state)));
    }
    if (reasons.empty())
        return {};
    const std::string text = fmt::format("{}", fmt::join(reasons, "; "));
    if (up == 0)
        return fail(make_error(ErrorKind::absent, "bring up the network",
                               fmt::format("{} s", network_.link_timeout.count()), text)
                        .then("Check cables and the settings of [network], and build the initramfs again."));
    say_(fmt::format("after {} s without {}", network_.link_timeout.count(), text));
    return {};
}

} // namespace kdumpkit::network
