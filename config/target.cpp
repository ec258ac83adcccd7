// SPDX-License-Identifier: GPL-2.0-or-later
#include "config/target.h"

#include "base/bytes.h"
#include "base/percent.h"
#include "config/authority.h"

#include <algorithm>
#include <array>
#include <vector>

#include <fmt/format.h>

namespace kdumpkit {
namespace {

constexpr std::string_view operation = "read target";
// Plain in a query's value, beside what is plain everywhere: paths, UUID=…, endpoints and lists stay
// readable.
constexpr std::string_view plain_in_values = "/=:,@[]";

Failure wrong(std::string_view url, std::string reason,
              std::string_view example = schemes().front().example) {
    return fail(
        make_error(ErrorKind::invalid, std::string(operation), without_password(url), std::move(reason))
            .then(fmt::format("write it like {}", example)));
}

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> parts;
    while (true) {
        const std::size_t end = text.find(separator);
        parts.push_back(text.substr(0, end));
        if (end == std::string_view::npos)
            return parts;
        text.remove_prefix(end + 1);
    }
}

// "/a//b/" to "/a/b"; nullopt when it climbs with "." or "..".
std::optional<std::string> clean_path(std::string_view path) {
    std::string out;
    for (const std::string_view part : split(path, '/')) {
        if (part.empty())
            continue;
        if (part == "." || part == "..")
            return std::nullopt;
        out += '/';
        out += part;
    }
    return out.empty() ? "/" : out;
}

// [USER@]HOST[:PORT]; answers what is wrong, or nothing.
std::string read_authority(std::string_view authority, const SchemeInfo& info, Target& target) {
    if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
        const std::string_view user = authority.substr(0, at);
        authority.remove_prefix(at + 1);
        if (user.find(':') != std::string_view::npos)
            return "a password does not belong into a URL: put it into a file and name that with "
                   "credentials=";
        const auto decoded = percent_decoded(user);
        if (!decoded || decoded->empty())
            return "the user is empty, or has a broken % escape or a control character";
        target.user = *decoded;
    }
    Authority parsed = parse_authority(authority);
    if (!parsed.wrong.empty())
        return parsed.wrong;
    target.host = std::move(parsed.host);
    target.port = parsed.port;

    if (info.host == Presence::none && (!target.host.empty() || !target.user.empty() || target.port))
        return fmt::format("there must be three slashes: {}: targets have no host name", info.name);
    if (info.host == Presence::required && target.host.empty())
        return info.scheme == Scheme::s3 ? "the bucket is missing" : "the host is missing";
    if (info.user == Presence::none && !target.user.empty())
        return fmt::format("a user does not belong into {}: URLs{}", info.name,
                           find_parameter(info, "credentials") ? ": put it into the file of credentials="
                                                               : "");
    if (info.user == Presence::required && target.user.empty())
        return "the user is missing: write USER@HOST";
    if (info.port == Presence::none && target.port)
        return fmt::format("a port does not belong into {}: URLs", info.name);
    return {};
}

std::string read_query(std::string_view query, const SchemeInfo& info, Target& target) {
    for (const std::string_view one : split(query, '&')) {
        const std::size_t equals = one.find('=');
        const std::string key(one.substr(0, equals));
        const auto value = percent_decoded(equals == std::string_view::npos ? "" : one.substr(equals + 1));
        if (!value)
            return fmt::format("\"{}\" has a broken % escape or a control character", key);
        const Parameter* parameter = find_parameter(info, key);
        if (!parameter)
            return fmt::format("{}: targets have no parameter \"{}\" (they have {})", info.name, key,
                               parameter_names(info));
        if (value->empty() || !parameter->fits(*value))
            return fmt::format("{}={} is not {}", key, *value, parameter->wanted);
        if (!target.parameters.emplace(key, *value).second)
            return fmt::format("\"{}\" is given twice", key);
    }
    return {};
}

// What follows the scheme's colon.
std::string read_rest(std::string_view rest, const SchemeInfo& info, Target& target) {
    if (rest.find('#') != std::string_view::npos)
        return "a fragment (#) has no meaning here; write %23 for the character";
    const std::size_t question = rest.find('?');
    std::string_view place = rest.substr(0, question);
    if (place.starts_with("//")) {
        place.remove_prefix(2);
        const std::size_t slash = std::min(place.find('/'), place.size());
        if (auto reason = read_authority(place.substr(0, slash), info, target); !reason.empty())
            return reason;
        place.remove_prefix(slash);
    } else if (info.carrier != Carrier::device)
        return fmt::format("\"{}:\" must be followed by //", info.name);
    if (place.empty() && info.host == Presence::none)
        return "the path is missing: there must be three slashes";
    const auto path = percent_decoded(place);
    if (!path)
        return "the path has a broken % escape or a control character";
    const auto clean = clean_path(*path);
    if (!clean)
        return "the path may not contain \".\" or \"..\"";
    target.path = *clean;
    if (question != std::string_view::npos)
        if (auto reason = read_query(rest.substr(question + 1), info, target); !reason.empty())
            return reason;
    return info.contradiction ? info.contradiction(target) : std::string();
}

Failure unknown_scheme(std::string_view url, std::string_view name) {
    struct Refused {
        std::string_view name, reason, next_step;
    };
    constexpr std::array<Refused, 4> refused{{
        {"http", "a dump holds the secrets of a machine, and http: would send them readable to all",
         "use https:"},
        {"ssh", "ssh: says nothing about how a file gets there", "use sftp:"},
        {"smb", "this version cannot save to \"smb:\" targets", "use nfs:, sftp:, https: or s3:"},
        {"cifs", "this version cannot save to \"cifs:\" targets", "use nfs:, sftp:, https: or s3:"},
    }};
    for (const Refused& known : refused)
        if (name == known.name)
            return fail(make_error(ErrorKind::unsupported, std::string(operation), without_password(url),
                                   std::string(known.reason))
                            .then(std::string(known.next_step)));
    return wrong(url, name.empty() ? "it does not begin with a scheme such as \"file:\""
                                   : fmt::format("there is no target scheme \"{}:\"", name));
}

} // namespace

std::size_t end_of_user(std::string_view rest) {
    const std::size_t slash = std::min(rest.find('/'), rest.size());
    if (const std::size_t at = rest.substr(0, slash).rfind('@'); at != std::string_view::npos)
        return at;
    // A password may have a slash in it; a port is all digits.
    const std::size_t colon = rest.find(':');
    if (colon >= slash || parse_number(rest.substr(colon + 1, slash - colon - 1), 10))
        return std::string_view::npos;
    return rest.substr(0, rest.find('?')).rfind('@');
}

std::string without_password(std::string_view url) {
    const std::size_t slashes = url.find("//");
    if (slashes == std::string_view::npos)
        return std::string(url);
    const std::string_view rest = url.substr(slashes + 2);
    const std::size_t at = end_of_user(rest);
    const std::size_t colon = rest.find(':');
    if (at == std::string_view::npos || colon >= at)
        return std::string(url);
    return fmt::format("{}{}:***{}", url.substr(0, slashes + 2), rest.substr(0, colon), rest.substr(at));
}

Result<Target> parse_target(std::string_view url) {
    const std::size_t colon = url.find(':');
    const std::string_view name = colon == std::string_view::npos ? "" : url.substr(0, colon);
    const SchemeInfo* info = find_scheme(name);
    if (!info)
        return unknown_scheme(url, name);
    Target target;
    target.scheme = info->scheme;
    if (auto reason = read_rest(url.substr(colon + 1), *info, target); !reason.empty())
        return wrong(url, std::move(reason), info->example);
    return target;
}

Target file_target(std::string path, std::string filesystem, std::string type) {
    Target target;
    target.path = std::move(path);
    if (!filesystem.empty())
        target.parameters["fs"] = std::move(filesystem);
    if (!type.empty())
        target.parameters["type"] = std::move(type);
    return target;
}

std::string Target::value(std::string_view key) const {
    const auto found = parameters.find(key);
    return found == parameters.end() ? std::string() : found->second;
}

std::optional<std::chrono::seconds> Target::deadline() const {
    const auto number = parse_number(value("deadline"), 10);
    return number ? std::optional(std::chrono::seconds(*number)) : std::nullopt;
}

bool Target::resolved() const {
    return scheme != Scheme::file || (parameters.contains("fs") && parameters.contains("type"));
}

std::string Target::uuid() const {
    const std::string filesystem = value("fs");
    return filesystem.starts_with("UUID=") ? filesystem.substr(5) : std::string();
}

std::string Target::place() const {
    Target bare = *this;
    std::erase_if(bare.parameters, [](const auto& parameter) {
        return parameter.first != "fs" && parameter.first != "endpoint" && parameter.first != "region";
    });
    return bare.url();
}

std::string Target::url() const {
    std::string out = fmt::format("{}:", info().name);
    if (info().carrier != Carrier::device)
        out += "//";
    if (!user.empty())
        out += percent_encoded(user) + "@";
    out += host.find(':') == std::string::npos ? host : fmt::format("[{}]", host);
    if (port)
        out += fmt::format(":{}", *port);
    out += percent_encoded(path, "/");
    char separator = '?';
    for (const auto& [key, text] : parameters) {
        out += fmt::format("{}{}={}", separator, key, percent_encoded(text, plain_in_values));
        separator = '&';
    }
    return out;
}

} // namespace kdumpkit
