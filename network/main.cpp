// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/file.h"
#include "config/frozen.h"
#include "config/nic.h"
#include "network/bring_up.h"
#include "network/dhcp.h"
#include "network/linux_kernel.h"
#include "network/resolver.h"

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string_view>

#include <fmt/format.h>

using namespace kdumpkit;

namespace {

constexpr std::string_view usage =
    "Usage: kdump-network start [FROZEN]   switch the frozen interfaces on and give them what is known now\n"
    "       kdump-network wait [FROZEN]    the same, with DHCP, until they are up or the timeout is over\n"
    "       kdump-network check [FROZEN]   only say which devices are meant and which are there\n"
    "       kdump-network --help | --version\n"
    "\n"
    "kdump-capture runs it in the capture kernel; FROZEN is what `kdumpkit build` froze. `start` and `wait` "
    "change\n"
    "the network of the machine that they run on. Without arguments it is the program that dhcpcd calls.\n"
    "Exit codes: 0 success, 1 system error, 2 wrong use or a damaged FROZEN,\n"
    "3 nothing came up, or no FROZEN.\n";

void say(std::string_view line) {
    fmt::print("{}\n", line);
    std::fflush(stdout);
}

Result<Network> frozen_network(const std::string& path) {
    KDK_ASSIGN(const std::string text, read_text(path, std::size_t{4} << 20));
    KDK_ASSIGN(const Frozen frozen, parse_frozen(text, path));
    return frozen.settings.network;
}

Result<> bring_up(const Network& net, bool wait) {
    KDK_ASSIGN(network::LinuxKernel kernel, network::LinuxKernel::open());
    network::BringUp life(net, kernel, say);
    Result<> up = wait ? life.wait() : life.start();
    // Also when nothing came up: the answer may come later, to a target that is tried later.
    KDK_TRY(network::write_resolver_files("/etc", net, network::read_leases(network::lease_folder)));
    return up;
}

Result<> check(const Network& net) {
    KDK_ASSIGN(const std::vector<Link> links, read_links());
    for (const std::string& line : describe(net, links))
        say(line);
    return {};
}

Result<> run(std::string_view command, const std::string& path) {
    KDK_ASSIGN(const Network net, frozen_network(path));
    if (command == "check")
        return check(net);
    return bring_up(net, command == "wait");
}

Result<> hear_dhcp() {
    const auto news = network::lease_news([](const char* name) {
        const char* value = std::getenv(name);
        return std::string(value == nullptr ? "" : value);
    });
    return news ? network::write_lease(network::lease_folder, *news) : Result<>();
}

int run_program(int argc, char** argv) {
    const std::string_view command = argc > 1 ? argv[1] : "";
    const bool from_dhcpcd = argc == 1 && std::getenv("reason") != nullptr;
    if (argc == 2 && (command == "--help" || command == "-h")) {
        fmt::print("{}", usage);
        return exit_codes::success;
    }
    if (argc == 2 && command == "--version") {
        fmt::print("kdump-network {}\n", KDUMPKIT_VERSION);
        return exit_codes::success;
    }
    const bool known = command == "start" || command == "wait" || command == "check";
    if (!from_dhcpcd && (!known || argc > 3)) {
        fmt::print(stderr, "kdump-network: wrong use\n{}", usage);
        return exit_codes::invalid;
    }
    const Result<> done = from_dhcpcd ? hear_dhcp() : run(command, argc == 3 ? argv[2] : Frozen::path);
    if (!done) {
        fmt::print(stderr, "{}\n", done.error().message());
        return exit_code(done.error());
    }
    return exit_codes::success;
}

} // namespace

int main(int argc, char** argv) {
    try {
        return run_program(argc, argv);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "kdump-network: stopped: %s\n", error.what());
        return exit_codes::system;
    }
}
