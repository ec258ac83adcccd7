// SPDX-License-Identifier: GPL-2.0-or-later
#include "config/target.h"

#include <array>
#include <optional>
#include <vector>

#include <fmt/format.h>

namespace kdumpkit {
namespace {

constexpr std::string_view operation = "read target";
constexpr std::string_view example =
    "write it like file:///var/crash, or file:///crash?fs=UUID=1b4e28ba-…&type=ext4";

Failure wrong(std::string_view url, std::string reason) {
    return fail(make_error(ErrorKind::invalid, std::string(operation), std::string(url), std::move(reason))
                    .then(std::string(example)));
}

std::optional<unsigned> hex_digit(char c) {
    if (c >= '0' && c <= '9')
        return static_cast<unsigned>(c - '0');
    if (c >= 'a' && c <= 'f')
        return static_cast<unsigned>(c - 'a' + 10);
    if (c >= 'A' && c <= 'F')
        return static_cast<unsigned>(c - 'A' + 10);
    return std::nullopt;
}

// RFC 3986 section 2.1; nullopt for a broken escape or an escaped control character.
std::optional<std::string> percent_decoded(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        char c = text[i];
        if (c == '%') {
            if (i + 2 >= text.size())
                return std::nullopt;
            const auto high = hex_digit(text[i + 1]);
            const auto low = hex_digit(text[i + 2]);
            if (!high || !low)
                return std::nullopt;
            c = static_cast<char>(*high * 16 + *low);
            i += 2;
        }
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
            return std::nullopt;
        out += c;
    }
    return out;
}

std::string percent_encoded(std::string_view text, std::string_view also_plain) {
    constexpr std::string_view plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    std::string out;
    for (const char c : text) {
        if (plain.find(c) != std::string_view::npos || also_plain.find(c) != std::string_view::npos)
            out += c;
        else
            out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    return out;
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

// "/a//b/" to "/a/b"; nullopt when it is relative or climbs with "." or "..".
std::optional<std::string> clean_folder(std::string_view folder) {
    if (folder.empty() || folder.front() != '/')
        return std::nullopt;
    std::string out;
    for (const std::string_view part : split(folder, '/')) {
        if (part.empty())
            continue;
        if (part == "." || part == "..")
            return std::nullopt;
        out += '/';
        out += part;
    }
    return out.empty() ? "/" : out;
}

// What blkid prints for the common filesystems: hexadecimal digits and dashes, at least the 9 of a FAT serial
// number.
bool plausible_uuid(std::string_view uuid) {
    return uuid.size() >= 9 && uuid.size() <= 36 &&
           uuid.find_first_not_of("0123456789abcdefABCDEF-") == std::string_view::npos;
}

bool plausible_type(std::string_view type) {
    return !type.empty() && type.size() <= 32 &&
           type.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string_view::npos;
}

Failure unknown_scheme(std::string_view url, std::string_view scheme) {
    constexpr std::array<std::string_view, 12> later = {"raw",   "nfs", "sftp", "scp",  "ssh", "http",
                                                        "https", "s3",  "ftp",  "ftps", "smb", "cifs"};
    for (const std::string_view known : later) {
        if (scheme == known)
            return fail(make_error(ErrorKind::unsupported, std::string(operation), std::string(url),
                                   fmt::format("this version cannot save to \"{}:\" targets", scheme))
                            .then("name a local filesystem: file:///var/crash"));
    }
    return wrong(url, scheme.empty() ? "it does not begin with a scheme such as \"file:\""
                                     : fmt::format("there is no target scheme \"{}:\"", scheme));
}

} // namespace

Result<Target> parse_target(std::string_view url) {
    const std::size_t colon = url.find(':');
    const std::string_view scheme = colon == std::string_view::npos ? "" : url.substr(0, colon);
    if (scheme != "file")
        return unknown_scheme(url, scheme);

    std::string_view rest = url.substr(colon + 1);
    if (!rest.starts_with("//"))
        return wrong(url, "\"file:\" must be followed by //");
    rest.remove_prefix(2);
    if (rest.find('#') != std::string_view::npos)
        return wrong(url, "a fragment (#) has no meaning here; write %23 for the character");

    const std::size_t question = rest.find('?');
    const auto folder = percent_decoded(rest.substr(0, question));
    if (!folder)
        return wrong(url, "the folder has a broken % escape or a control character");
    if (folder->empty() || folder->front() != '/')
        return wrong(url, "there must be three slashes: a file target has no host name");
    const auto clean = clean_folder(*folder);
    if (!clean)
        return wrong(url, "the folder may not contain \".\" or \"..\"");

    Target target;
    target.folder = *clean;
    if (question == std::string_view::npos)
        return target;
    for (const std::string_view parameter : split(rest.substr(question + 1), '&')) {
        const std::size_t equals = parameter.find('=');
        const std::string_view key = parameter.substr(0, equals);
        const auto value =
            percent_decoded(equals == std::string_view::npos ? "" : parameter.substr(equals + 1));
        if (!value)
            return wrong(url, fmt::format("\"{}\" has a broken % escape or a control character", key));
        if (key == "fs") {
            if (!target.filesystem.empty())
                return wrong(url, "\"fs\" is given twice");
            if (!value->starts_with("UUID=") || !plausible_uuid(std::string_view(*value).substr(5)))
                return wrong(url, fmt::format("fs={} is not UUID= followed by a filesystem's UUID", *value));
            target.filesystem = *value;
        } else if (key == "type") {
            if (!target.type.empty())
                return wrong(url, "\"type\" is given twice");
            if (!plausible_type(*value))
                return wrong(url, fmt::format("type={} is not the name of a filesystem type", *value));
            target.type = *value;
        } else {
            return wrong(url, fmt::format("a file target has no parameter \"{}\" (it has fs and type)", key));
        }
    }
    return target;
}

std::string Target::uuid() const {
    return filesystem.starts_with("UUID=") ? filesystem.substr(5) : std::string();
}

std::string Target::url() const {
    std::string out = "file://" + percent_encoded(folder, "/");
    char separator = '?';
    const auto parameter = [&](std::string_view key, const std::string& value) {
        if (value.empty())
            return;
        out += separator;
        out += fmt::format("{}={}", key, percent_encoded(value, "="));
        separator = '&';
    };
    parameter("fs", filesystem);
    parameter("type", type);
    return out;
}

} // namespace kdumpkit
