// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/bytes.h"
#include "config/network.h"
#include "config/table.h"

#include <algorithm>
#include <array>

#include <fmt/ranges.h>
#include <sys/socket.h>

namespace kdumpkit {
namespace {

constexpr const char* example = "see docs/network.md for an interface of each kind";

// What the kernel takes as an interface's name (net/core/dev.c, dev_valid_name), and prints well.
bool good_name(const std::string& name) {
    return !name.empty() && name.size() < 16 && name != "." && name != ".." &&
           name.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-@") ==
               std::string::npos;
}

// "52:54:00:12:34:56" in small letters, or empty. InfiniBand's are longer.
std::string normal_mac(const std::string& text) {
    std::string mac;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i] >= 'A' && text[i] <= 'F' ? static_cast<char>(text[i] - 'A' + 'a') : text[i];
        const bool colon = i % 3 == 2;
        if (colon ? c != ':' : std::string_view("0123456789abcdef").find(c) == std::string_view::npos)
            return {};
        mac += c;
    }
    return mac.size() >= 17 && mac.size() <= 59 && mac.size() % 3 == 2 ? mac : std::string();
}

void read_routes(TableReader& reader, std::vector<Route>& routes) {
    std::vector<std::string> texts;
    reader.texts("routes", texts);
    for (const std::string& text : texts) {
        if (auto route = parse_route(text))
            routes.push_back(*std::move(route));
        else
            reader.wrong("routes", fmt::format("has \"{}\", which is no route", text),
                         "write it like \"default via 192.0.2.1\" or \"198.51.100.0/24 via 192.0.2.9\"");
    }
}

void read_bond(TableReader& reader, Interface& interface) {
    reader.texts("bond", interface.bond);
    for (const std::string& option : interface.bond) {
        const std::size_t equals = option.find('=');
        // It becomes the name of a file.
        const std::string key = option.substr(0, equals);
        if (equals == std::string::npos || key.empty() ||
            key.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") != std::string::npos)
            reader.wrong("bond", fmt::format("has \"{}\", which is no option", option),
                         "write it like \"mode=active-backup\" or \"miimon=100\"");
    }
}

// What belongs to one kind only.
void check_kind(TableReader& reader, const Interface& interface) {
    const auto only = [&](bool given, InterfaceKind kind, const char* key) {
        if (given && interface.kind != kind)
            reader.wrong(key,
                         fmt::format("belongs to kind = \"{}\", but \"{}\" is a {}", to_text(kind),
                                     interface.name, to_text(interface.kind)),
                         example);
    };
    only(!interface.parent.empty(), InterfaceKind::vlan, "parent");
    only(interface.vlan != 0, InterfaceKind::vlan, "vlan");
    only(!interface.bond.empty(), InterfaceKind::bond, "bond");
    only(!interface.path.empty(), InterfaceKind::device, "path");
    if (interface.kind == InterfaceKind::vlan && (interface.parent.empty() || interface.vlan == 0))
        reader.wrong("kind", "is \"vlan\", so parent and vlan are needed", example);
    if (interface.kind == InterfaceKind::device && interface.mac.empty() && interface.path.empty())
        reader.wrong(
            "name",
            fmt::format("is \"{}\", but neither mac nor path says which device that is", interface.name),
            "write mac = \"52:54:00:12:34:56\": names may differ in the capture kernel");
}

void read_interface(TableReader& reader, Interface& interface) {
    reader.text("name", interface.name);
    if (!good_name(interface.name))
        reader.wrong("name", fmt::format("is \"{}\", which is no interface's name", interface.name), example);
    constexpr std::array kinds = {InterfaceKind::device, InterfaceKind::vlan, InterfaceKind::bond,
                                  InterfaceKind::bridge};
    reader.choice("kind", kinds, interface.kind);
    std::string mac;
    reader.text("mac", mac);
    interface.mac = normal_mac(mac);
    if (!mac.empty() && interface.mac.empty())
        reader.wrong("mac", fmt::format("is \"{}\", which is no hardware address", mac),
                     "write it like mac = \"52:54:00:12:34:56\"");
    reader.text("path", interface.path);
    reader.text("master", interface.master);
    reader.text("parent", interface.parent);
    std::int64_t vlan = 0, mtu = 0;
    reader.integer("vlan", 1, 4094, vlan);
    reader.integer("mtu", 0, 65535, mtu);
    interface.vlan = static_cast<unsigned>(vlan);
    interface.mtu = static_cast<unsigned>(mtu);
    read_bond(reader, interface);
    reader.boolean("dhcp", interface.dhcp);
    reader.boolean("accept_ra", interface.accept_ra);
    reader.texts("addresses", interface.addresses);
    for (const std::string& address : interface.addresses)
        if (!is_address_with_length(address))
            reader.wrong("addresses", fmt::format("has \"{}\", which is no address with a length", address),
                         "write it like \"192.0.2.7/24\" or \"2001:db8::7/64\"");
    read_routes(reader, interface.routes);
    check_kind(reader, interface);
}

// An address as resolv.conf and hosts take it.
bool is_address(const std::string& text) {
    return text.find('/') == std::string::npos && address_family(text) != AF_UNSPEC;
}

bool is_host_line(const std::string& text) {
    const std::size_t blank = text.find(' ');
    return blank != std::string::npos && is_address(text.substr(0, blank)) && blank + 1 < text.size() &&
           std::none_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == '#'; });
}

void each(TableReader& reader, const char* key, const std::vector<std::string>& texts,
          bool (*good)(const std::string&), const char* next) {
    for (const std::string& text : texts)
        if (!good(text))
            reader.wrong(key, fmt::format("has \"{}\", which does not belong there", text), next);
}

std::string to_toml(const Interface& interface) {
    std::vector<std::string> pairs;
    const auto text = [&](const char* key, const std::string& value) {
        if (!value.empty())
            pairs.push_back(fmt::format("{} = {}", key, quoted_toml(value)));
    };
    const auto list = [&](const char* key, const std::vector<std::string>& values) {
        if (!values.empty())
            pairs.push_back(fmt::format("{} = {}", key, quoted_toml(values)));
    };
    const auto number = [&](const char* key, unsigned value) {
        if (value != 0)
            pairs.push_back(fmt::format("{} = {}", key, value));
    };
    const auto flag = [&](const char* key, bool value) {
        if (value)
            pairs.push_back(fmt::format("{} = true", key));
    };
    text("name", interface.name);
    if (interface.kind != InterfaceKind::device)
        text("kind", std::string(to_text(interface.kind)));
    text("mac", interface.mac);
    text("path", interface.path);
    text("master", interface.master);
    text("parent", interface.parent);
    number("vlan", interface.vlan);
    list("bond", interface.bond);
    number("mtu", interface.mtu);
    flag("dhcp", interface.dhcp);
    flag("accept_ra", interface.accept_ra);
    list("addresses", interface.addresses);
    std::vector<std::string> routes;
    for (const Route& route : interface.routes)
        routes.push_back(route.text());
    list("routes", routes);
    return fmt::format("{{ {} }}", fmt::join(pairs, ", "));
}

} // namespace

std::string to_toml(const std::vector<Interface>& interfaces) {
    std::vector<std::string> tables;
    for (const Interface& interface : interfaces)
        tables.push_back(to_toml(interface));
    return fmt::format("[{}]", fmt::join(tables, ", "));
}

void read_network(TableReader& reader, const std::string& name, Network& network) {
    constexpr std::array methods = {NetworkMethod::automatic, NetworkMethod::frozen, NetworkMethod::dhcp};
    reader.choice("method", methods, network.method);
    std::int64_t seconds = network.link_timeout.count();
    reader.integer("link_timeout", 1, 86400, seconds);
    network.link_timeout = std::chrono::seconds(seconds);
    reader.texts("dns", network.dns);
    each(reader, "dns", network.dns, is_address,
         "write the addresses of DNS servers: dns = [\"192.0.2.53\"]");
    reader.texts("search", network.search);
    each(
        reader, "search", network.search,
        [](const std::string& text) {
            return !text.empty() && text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUV"
                                                           "WXYZ0123456789._-") == std::string::npos;
        },
        "write domains: search = [\"example.org\"]");
    reader.texts("hosts", network.hosts);
    each(reader, "hosts", network.hosts, is_host_line,
         "write an address, a blank and a name: hosts = [\"192.0.2.9 nfs.example.org\"]");
    std::vector<Interface> interfaces;
    for (const toml::table* table : reader.tables("interface")) {
        TableReader one(*table, name, "network.interface.");
        read_interface(one, interfaces.emplace_back());
        if (auto done = one.finish(); !done) {
            reader.error(std::move(done).error());
            return;
        }
    }
    auto sorted = base_first(std::move(interfaces));
    if (sorted)
        network.interfaces = *std::move(sorted);
    else
        reader.wrong("interface", fmt::format("{}: {}", sorted.error().object, sorted.error().reason),
                     example);
}

} // namespace kdumpkit
