// SPDX-License-Identifier: GPL-2.0-or-later
#include "config/text_pattern.h"

#include "config/scheme.h"

#include <algorithm>
#include <array>
#include <vector>

#include <fmt/ranges.h>

namespace kdumpkit {
namespace {

constexpr const char* ipv4 = "((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])\\.){3}"
                             "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])";
constexpr const char* ipv6 = "[0-9A-Fa-f]*:[0-9A-Fa-f:.]+"; // more than there are
constexpr const char* port = "0*(6553[0-5]|655[0-2][0-9]|65[0-4][0-9]{2}|6[0-4][0-9]{3}|[1-5][0-9]{4}|"
                             "[1-9][0-9]{0,3})";
constexpr const char* no_control = "[^\\x00-\\x1f\\x7f]";
constexpr const char* absolute_path = "(?!.*/\\.\\.(/|$))/[^\\x00-\\x1f\\x7f]+";

std::string whole(const std::string& pattern) {
    return "^(" + pattern + ")$";
}

// "KEY=VALUE|KEY=VALUE|…". What has an escape is not looked into.
std::string any_parameter(const SchemeInfo& info) {
    std::vector<std::string> alternatives;
    const auto add = [&](const Parameter& parameter) {
        alternatives.push_back(fmt::format("{}=({}|[^&#]*%[^&#]*)", parameter.key, parameter.pattern));
    };
    for (const Parameter& parameter : info.parameters)
        add(parameter);
    if (const Parameter* everywhere = find_parameter(info, "deadline"))
        add(*everywhere);
    return fmt::format("{}", fmt::join(alternatives, "|"));
}

// What SchemeInfo::contradiction refuses, as looks ahead.
std::string needed_parameters(Scheme scheme) {
    const auto has = [](const char* keys) { return fmt::format("(?=[^?]*\\?(.*&)?({})=)", keys); };
    switch (scheme) {
    case Scheme::sftp:
    case Scheme::scp:
        return has("known_hosts") + has("key|credentials");
    case Scheme::s3:
        return has("credentials") + has("endpoint|region");
    case Scheme::https:
    case Scheme::ftps:
        return fmt::format("({}{}|(?![^?]*\\?(.*&)?(cert|key)=))", has("cert"), has("key"));
    case Scheme::file:
    case Scheme::raw:
    case Scheme::nfs:
    case Scheme::ftp:
        break;
    }
    return {};
}

std::string authority(const SchemeInfo& info) {
    if (info.host == Presence::none)
        return "(?=/)";
    const auto part = [](Presence presence, const std::string& pattern) {
        return presence == Presence::none       ? std::string()
               : presence == Presence::required ? pattern
                                                : "(" + pattern + ")?";
    };
    return part(info.user, "[^/:?#]+@") + "([A-Za-z0-9_][A-Za-z0-9._-]*|\\[[0-9A-Fa-f:.]+\\])" +
           part(info.port, fmt::format(":{}", port));
}

std::string scheme_pattern(const SchemeInfo& info) {
    const std::string parameter = any_parameter(info);
    const std::string place =
        info.carrier == Carrier::device ? "(//)?/dev/[^?#]+" : fmt::format("//{}(/[^?#]*)?", authority(info));
    return fmt::format("{}{}:{}(\\?({})(&({}))*)?", needed_parameters(info.scheme), info.name, place,
                       parameter, parameter);
}

} // namespace

std::string address_with_length_pattern() {
    return whole(fmt::format("{}/0*(3[0-2]|[12]?[0-9])|{}/0*(12[0-8]|1[01][0-9]|[1-9]?[0-9])", ipv4, ipv6));
}

std::string target_pattern() {
    std::vector<std::string> alternatives;
    for (const SchemeInfo& info : schemes())
        alternatives.push_back(scheme_pattern(info));
    // No control characters, escaped or not; no broken escapes; no "." or ".." in the path; no key twice.
    return fmt::format("^(?!{}*[\\x00-\\x1f\\x7f])(?!.*%([01][0-9A-Fa-f]|7[Ff]))(?!.*%(?![0-9A-Fa-f]{{2}}))"
                       "(?![^?]*/\\.\\.?([/?]|$))(?!.*[?&]([a-z_]+)=.*&\\3=)({})$",
                       no_control, fmt::join(alternatives, "|"));
}

std::string text_pattern(std::string_view full_name) {
    const auto is = [&](std::initializer_list<std::string_view> names) {
        return std::find(names.begin(), names.end(), full_name) != names.end();
    };
    if (full_name == "target")
        return target_pattern();
    if (full_name == "dump.compress")
        return whole("zstd(:(-0*([1-9]|[1-4][0-9]|50)|0*([1-9]|1[0-9])))?|zlib(:0*[1-9])?|lzo|snappy|none");
    if (full_name == "capture.kernel")
        return "^[^./\\x00-\\x1f\\x7f][^/\\x00-\\x1f\\x7f]*$";
    if (full_name == "capture.append")
        return fmt::format("^{}*$", no_control);
    if (full_name == "capture.modules")
        return "^[A-Za-z0-9_][A-Za-z0-9_-]*$";
    if (full_name == "capture.last_resort")
        return whole("any|UUID=[0-9A-Fa-f-]{9,36}");
    if (full_name == "capture.fence_kdump")
        return whole(fmt::format("{}(:{})?|{}|\\[({}|{})\\](:{})?", ipv4, port, ipv6, ipv4, ipv6, port));
    if (is({"capture.files", "hooks.pre", "hooks.post", "record.notify"}))
        return whole(absolute_path);
    if (full_name == "network.dns")
        return whole(fmt::format("{}|{}", ipv4, ipv6));
    if (full_name == "network.search")
        return "^[A-Za-z0-9._-]+$";
    if (full_name == "network.hosts")
        return fmt::format("^({}|{}) [^#\\x00-\\x1f]+$", ipv4, ipv6);
    return {};
}

} // namespace kdumpkit
