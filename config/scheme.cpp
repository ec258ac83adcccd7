// SPDX-License-Identifier: GPL-2.0-or-later
#include "config/scheme.h"

#include "base/bytes.h"
#include "config/authority.h"
#include "config/target.h"

#include <algorithm>
#include <array>

#include <fmt/ranges.h>

namespace kdumpkit {
namespace {

bool only(std::string_view text, std::string_view allowed) {
    return text.find_first_not_of(allowed) == std::string_view::npos;
}

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> values) {
    return std::find(values.begin(), values.end(), text) != values.end();
}

// What blkid prints for the common filesystems: hexadecimal digits and dashes, at least the 9 of a FAT serial
// number.
bool is_filesystem(std::string_view text) {
    if (!text.starts_with("UUID="))
        return false;
    text.remove_prefix(5);
    return text.size() >= 9 && text.size() <= 36 && only(text, "0123456789abcdefABCDEF-");
}

bool is_filesystem_type(std::string_view text) {
    return text.size() <= 32 && only(text, "abcdefghijklmnopqrstuvwxyz0123456789_");
}

bool is_file_path(std::string_view text) {
    return text.size() > 1 && text.front() == '/' && text.back() != '/';
}

bool is_seconds(std::string_view text) {
    const auto number = parse_number(text, 10);
    return number && *number >= 1 && *number <= 604'800;
}

bool is_nfs_version(std::string_view text) {
    return is_one_of(text, {"3", "4", "4.0", "4.1", "4.2"});
}

// As mount(8) takes them after -o.
bool is_mount_options(std::string_view text) {
    return only(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.:,=");
}

bool is_endpoint(std::string_view text) {
    const std::size_t scheme = text.starts_with("https://") ? 8 : text.starts_with("http://") ? 7 : 0;
    if (scheme == 0)
        return false;
    const Authority authority = parse_authority(text.substr(scheme));
    return authority.wrong.empty() && !authority.host.empty();
}

bool is_region(std::string_view text) {
    return text.size() <= 64 && only(text, "abcdefghijklmnopqrstuvwxyz0123456789-");
}

bool is_bucket_style(std::string_view text) {
    return is_one_of(text, {"path", "virtual"});
}

bool is_tls_mode(std::string_view text) {
    return is_one_of(text, {"implicit", "explicit"});
}

constexpr std::string_view a_file = "the absolute path of a file", path_of_file = "/[^&#]*[^/&#]";
constexpr Parameter credentials{"credentials", a_file, is_file_path, path_of_file, true};
constexpr Parameter ca{"ca", a_file, is_file_path, path_of_file, true};
constexpr Parameter cert{"cert", a_file, is_file_path, path_of_file, true};
constexpr Parameter key{"key", a_file, is_file_path, path_of_file, true};
constexpr Parameter known_hosts{"known_hosts", a_file, is_file_path, path_of_file, true};

constexpr std::array everywhere{
    Parameter{"deadline", "a number of seconds from 1 to 604800", is_seconds, "0*[1-9][0-9]{0,5}"},
};
constexpr std::array of_file{
    Parameter{"fs", "UUID= followed by a filesystem's UUID", is_filesystem, "UUID=[0-9A-Fa-f-]{9,36}"},
    Parameter{"type", "the name of a filesystem type", is_filesystem_type, "[a-z0-9_]{1,32}"},
};
constexpr std::array of_nfs{
    Parameter{"version", "3, 4, 4.0, 4.1 or 4.2", is_nfs_version, "3|4|4\\.[012]"},
    Parameter{"options", "mount options with commas between them", is_mount_options, "[A-Za-z0-9_.:,=-]+"},
};
constexpr std::array of_ssh{key, known_hosts, credentials};
constexpr std::array of_https{ca, cert, key, credentials};
constexpr std::array of_s3{
    Parameter{"endpoint", "https://HOST[:PORT] (or http://, without encryption)", is_endpoint,
              "https?://[A-Za-z0-9.:\\[\\]-]+"},
    Parameter{"region", "the name of a region", is_region, "[a-z0-9-]{1,64}"},
    Parameter{"style", "path or virtual", is_bucket_style, "path|virtual"},
    credentials,
    ca,
};
constexpr std::array of_ftp{credentials};
constexpr std::array of_ftps{Parameter{"tls", "implicit or explicit", is_tls_mode, "implicit|explicit"}, ca,
                             cert, key, credentials};

std::string ssh_contradiction(const Target& target) {
    if (target.value("known_hosts").empty())
        return "known_hosts= is missing: without it nobody can tell whether the server is the right one";
    if (target.value("key").empty() && target.value("credentials").empty())
        return "it has neither key= nor credentials= to log in with";
    return {};
}

std::string certificate_contradiction(const Target& target) {
    if (target.value("cert").empty() != target.value("key").empty())
        return "cert= and key= go together: the client's certificate and its private key";
    return {};
}

std::string s3_contradiction(const Target& target) {
    if (target.value("credentials").empty())
        return "credentials= is missing: a file with the access key and the secret key";
    if (target.value("endpoint").empty() && target.value("region").empty())
        return "it has neither endpoint= nor region=";
    return {};
}

std::string raw_contradiction(const Target& target) {
    return target.path.starts_with("/dev/") ? std::string() : "a raw target is a device below /dev";
}

constexpr auto none = Presence::none, optional = Presence::optional, required = Presence::required;

constexpr std::array<SchemeInfo, 9> table{{
    {Scheme::file, "file", Carrier::filesystem, none, none, none, of_file,
     "file:///var/crash, or file:///crash?fs=UUID=1b4e28ba-…&type=ext4", nullptr},
    {Scheme::raw, "raw", Carrier::device, none, none, none, {}, "raw:/dev/vdb1", raw_contradiction},
    {Scheme::nfs, "nfs", Carrier::network_filesystem, none, required, optional, of_nfs,
     "nfs://server/export/crash?version=4.2", nullptr},
    {Scheme::sftp, "sftp", Carrier::sender, required, required, optional, of_ssh,
     "sftp://kdump@server/var/crash?key=/etc/kdumpkit/id_ed25519&known_hosts=/etc/kdumpkit/known_hosts",
     ssh_contradiction},
    {Scheme::scp, "scp", Carrier::sender, required, required, optional, of_ssh,
     "scp://kdump@server/var/crash?key=/etc/kdumpkit/id_ed25519&known_hosts=/etc/kdumpkit/known_hosts",
     ssh_contradiction},
    {Scheme::https, "https", Carrier::sender, none, required, optional, of_https,
     "https://server/crash?cert=/etc/kdumpkit/client.crt&key=/etc/kdumpkit/client.key",
     certificate_contradiction},
    {Scheme::s3, "s3", Carrier::sender, none, required, none, of_s3,
     "s3://bucket/prefix?endpoint=https://server&credentials=/etc/kdumpkit/s3", s3_contradiction},
    {Scheme::ftp, "ftp", Carrier::sender, none, required, optional, of_ftp,
     "ftp://server/crash?credentials=/etc/kdumpkit/ftp", nullptr},
    {Scheme::ftps, "ftps", Carrier::sender, none, required, optional, of_ftps,
     "ftps://server/crash?credentials=/etc/kdumpkit/ftp&ca=/etc/kdumpkit/ca.crt", certificate_contradiction},
}};

} // namespace

std::span<const SchemeInfo> schemes() {
    return table;
}

const SchemeInfo& scheme_info(Scheme scheme) {
    const auto found = std::find_if(table.begin(), table.end(),
                                    [&](const SchemeInfo& info) { return info.scheme == scheme; });
    return found == table.end() ? table.front() : *found; // every enumerator has its row
}

const SchemeInfo* find_scheme(std::string_view name) {
    const auto found =
        std::find_if(table.begin(), table.end(), [&](const SchemeInfo& info) { return info.name == name; });
    return found == table.end() ? nullptr : found;
}

const Parameter* find_parameter(const SchemeInfo& scheme, std::string_view wanted) {
    for (const std::span<const Parameter> some : {scheme.parameters, std::span<const Parameter>(everywhere)})
        for (const Parameter& parameter : some)
            if (parameter.key == wanted)
                return &parameter;
    return nullptr;
}

std::string parameter_names(const SchemeInfo& scheme) {
    std::vector<std::string_view> names;
    for (const std::span<const Parameter> some : {scheme.parameters, std::span<const Parameter>(everywhere)})
        for (const Parameter& parameter : some)
            names.push_back(parameter.key);
    return fmt::format("{}", fmt::join(names, ", "));
}

} // namespace kdumpkit
