// SPDX-License-Identifier: GPL-2.0-or-later
#include "config/keys.h"

#include "base/spelling.h"
#include "config/table.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace kdumpkit {
namespace {

std::int64_t number(std::uint64_t value) {
    return static_cast<std::int64_t>(value);
}

constexpr std::array<SettingKey, 31> keys{{
    {"", "target", "a URL or a list of URLs, tried in order",
     "where a dump goes: file:///FOLDER, sftp://USER@HOST/FOLDER?…, see docs/targets.md",
     [](const Settings& settings) -> SettingValue {
         std::vector<std::string> urls;
         for (const Target& target : settings.targets)
             urls.push_back(target.url());
         return urls;
     }},
    {"dump", "method", "filter, copy",
     "filter: what makedumpfile-lite makes; copy: the memory as it is, an ELF vmcore",
     [](const Settings& settings) -> SettingValue { return std::string(to_text(settings.method)); }},
    {"dump", "level", "0 to 31",
     "which pages are left out: the sum of 1 zero, 2 cache, 4 cache with private data, 8 user, 16 free",
     [](const Settings& settings) -> SettingValue { return number(settings.level); }},
    {"dump", "compress", "zstd, zstd:-50 to zstd:19 without 0, zlib, zlib:1 to zlib:9, lzo, snappy, none",
     "how pages are compressed",
     [](const Settings& settings) -> SettingValue { return settings.compression.text(); }},
    {"dump", "stream", "flattened, stream",
     "what goes through a pipe to a server or to a raw partition: makedumpfile's flattened format, or the "
     "smaller stream",
     [](const Settings& settings) -> SettingValue { return std::string(to_text(settings.stream)); }},
    {"capture", "kernel", "running, or a release as uname -r prints it",
     "which kernel captures, kdumpkit arm looks for its image in /boot",
     [](const Settings& settings) -> SettingValue { return settings.kernel; }},
    {"capture", "append", "words of a kernel command line",
     "parameters for the capture kernel besides those of production and the defaults",
     [](const Settings& settings) -> SettingValue { return settings.append; }},
    {"capture", "modules", "a list of names",
     "modules that the capture kernel loads besides those that its disks need",
     [](const Settings& settings) -> SettingValue { return settings.modules; }},
    {"capture", "device_timeout", "1 to 86400", "seconds that a target's disk may take to appear",
     [](const Settings& settings) -> SettingValue { return number(settings.device_timeout.count()); }},
    {"capture", "target_deadline", "0 to 604800, 0 without limit",
     "seconds that a target may take in all, unless its URL has a deadline=; then the next is tried",
     [](const Settings& settings) -> SettingValue { return number(settings.target_deadline.count()); }},
    {"capture", "stall_timeout", "10 to 86400",
     "seconds that a target may show no sign of life before the next is tried",
     [](const Settings& settings) -> SettingValue { return number(settings.stall_timeout.count()); }},
    {"capture", "copies", "0 to 100, 0 for every target", "how many targets get the dump",
     [](const Settings& settings) -> SettingValue { return number(settings.copies); }},
    {"capture", "final_action", "reboot, poweroff, halt, shell, kexec",
     "what the capture kernel does after a dump; kexec: it starts the production kernel without the "
     "firmware, "
     "see docs/kexec-back.md",
     [](const Settings& settings) -> SettingValue { return std::string(to_text(settings.final_action)); }},
    {"capture", "failure_action", "reboot, poweroff, halt, shell, kexec",
     "what the capture kernel does when no target took the dump",
     [](const Settings& settings) -> SettingValue { return std::string(to_text(settings.failure_action)); }},
    {"capture", "last_resort", "a list of any or UUID=…",
     "local filesystems to save to, in their folder /kdumpkit, when no target took anything; any: those "
     "mounted when the initramfs is made, and what else its drivers reach",
     [](const Settings& settings) -> SettingValue { return settings.last_resort; }},
    {"capture", "fence_kdump", "a list of ADDRESS or ADDRESS:PORT",
     "cluster nodes that are told every 5 seconds that a capture is under way; it waits for the network "
     "first",
     [](const Settings& settings) -> SettingValue { return settings.fence_kdump; }},
    {"capture", "files", "a list of absolute paths",
     "files of this machine that the initramfs gets besides, programs with their libraries",
     [](const Settings& settings) -> SettingValue { return settings.files; }},
    {"network", "method", "auto, frozen, dhcp",
     "addresses that the machine has from DHCP: auto asks again and takes those when no server answers, "
     "frozen does not ask, dhcp asks on every interface with IPv4",
     [](const Settings& settings) -> SettingValue { return std::string(to_text(settings.network.method)); }},
    {"network", "link_timeout", "1 to 86400", "seconds that links and addresses may take to come up",
     [](const Settings& settings) -> SettingValue { return number(settings.network.link_timeout.count()); }},
    {"network", "dns", "addresses of DNS servers; empty: those of the running system",
     "whom the capture kernel asks for a target's address",
     [](const Settings& settings) -> SettingValue { return settings.network.dns; }},
    {"network", "search", "domains; empty: those of the running system", "domains that complete short names",
     [](const Settings& settings) -> SettingValue { return settings.network.search; }},
    {"network", "hosts", "texts of an address, a blank and a name; empty: found out by kdumpkit build",
     "a target's address for when no DNS server answers",
     [](const Settings& settings) -> SettingValue { return settings.network.hosts; }},
    {"network", "interface", "tables, see docs/network.md; empty: frozen from the running system",
     "the interfaces of the capture kernel, for remote targets",
     [](const Settings& settings) -> SettingValue { return settings.network.interfaces; }},
    {"retention", "count", "0 to 1000000, 0 without limit",
     "how many dumps of this machine are kept; the oldest go first",
     [](const Settings& settings) -> SettingValue { return number(settings.retention.count); }},
    {"retention", "days", "0 to 1000000, 0 without limit", "how old a dump of this machine may become",
     [](const Settings& settings) -> SettingValue { return number(settings.retention.days); }},
    {"retention", "gib", "0 to 1000000, 0 without limit",
     "how much room, in GiB, all dumps of this machine together may take; the oldest go first",
     [](const Settings& settings) -> SettingValue { return number(settings.retention.gib); }},
    {"retention", "free_gib", "0 to 1000000, 0 without limit",
     "how much room, in GiB, the capture kernel makes on a target before a dump; this machine's oldest go "
     "first",
     [](const Settings& settings) -> SettingValue { return number(settings.retention.free_gib); }},
    {"hooks", "pre", "a list of absolute paths",
     "programs that the capture kernel runs before the first target",
     [](const Settings& settings) -> SettingValue { return settings.hooks.pre; }},
    {"hooks", "post", "a list of absolute paths", "programs that it runs after the last target",
     [](const Settings& settings) -> SettingValue { return settings.hooks.post; }},
    {"hooks", "deadline", "1 to 3600", "seconds that each of them may take before it is killed",
     [](const Settings& settings) -> SettingValue { return number(settings.hooks.deadline.count()); }},
    {"record", "notify", "a list of absolute paths",
     "programs that kdumpkit record starts at the next boot, with a new dump's folder as argument",
     [](const Settings& settings) -> SettingValue { return settings.notify; }},
}};

} // namespace

std::string SettingKey::full_name() const {
    return section.empty() ? std::string(name) : fmt::format("{}.{}", section, name);
}

std::span<const SettingKey> setting_keys() {
    return keys;
}

std::vector<std::string> setting_names() {
    std::vector<std::string> names;
    for (const SettingKey& key : keys)
        names.push_back(key.full_name());
    return names;
}

Result<std::vector<const SettingKey*>> find_settings(std::string_view name) {
    std::vector<const SettingKey*> found;
    std::vector<std::string> known = setting_names();
    for (const SettingKey& key : keys) {
        if (key.full_name() == name || (!name.empty() && key.section == name))
            found.push_back(&key);
        if (!key.section.empty() && known.back() != key.section)
            known.emplace_back(key.section);
    }
    if (!found.empty())
        return found;
    const std::string meant = nearest_setting(name, known);
    return fail(make_error(ErrorKind::invalid, "explain", fmt::format("\"{}\"", name),
                           "there is no such setting or section")
                    .then(meant.empty()
                              ? fmt::format("the settings are: {}", fmt::join(setting_names(), ", "))
                              : fmt::format("did you mean {}?", meant)));
}

std::optional<SettingPlace> place_of(const SettingKey& key, std::string_view toml) {
    const auto table = parse_toml(toml, "");
    if (!table)
        return std::nullopt;
    const toml::table* section = key.section.empty() ? &*table : table->get_as<toml::table>(key.section);
    const toml::node* node = section ? section->get(key.name) : nullptr;
    if (!node)
        return std::nullopt;
    return SettingPlace{node->source().begin.line, node->source().begin.column};
}

std::string to_toml(const SettingValue& value) {
    if (const auto* text = std::get_if<std::string>(&value))
        return quoted_toml(*text);
    if (const auto* whole = std::get_if<std::int64_t>(&value))
        return std::to_string(*whole);
    if (const auto* interfaces = std::get_if<std::vector<Interface>>(&value))
        return to_toml(*interfaces);
    return quoted_toml(std::get<std::vector<std::string>>(value));
}

} // namespace kdumpkit
