// SPDX-License-Identifier: GPL-2.0-or-later
#include "config/credentials.h"

#include "base/text.h"

#include <algorithm>

#include <fmt/format.h>

namespace kdumpkit {
namespace {

std::string* place_of(std::string_view name, Credentials& into) {
    if (name == "user" || name == "access_key" || name == "aws_access_key_id")
        return &into.user;
    if (name == "password" || name == "secret_key" || name == "aws_secret_access_key")
        return &into.password;
    return nullptr;
}

bool has_control_character(std::string_view text) {
    return std::any_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

} // namespace

Result<Credentials> parse_credentials(std::string_view text, const std::string& name) {
    const auto wrong = [&](std::string reason) {
        return fail(make_error(ErrorKind::invalid, "read credentials", name, std::move(reason))
                        .then("write two lines: user = NAME and password = PASSWORD (or access_key and "
                              "secret_key)"));
    };
    Credentials credentials;
    std::size_t number = 0;
    bool section = false;
    while (!text.empty()) {
        ++number;
        const std::size_t end = std::min(text.find('\n'), text.size());
        const std::string_view line = trimmed(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
        if (line.empty() || line.front() == '#')
            continue;
        if (line.front() == '[') {
            // Which of several profiles is meant nobody can tell.
            if (section)
                return wrong(fmt::format("line {} begins a second [section]", number));
            section = true;
            continue;
        }
        const std::size_t equals = line.find('=');
        std::string* place = equals == std::string_view::npos
                                 ? nullptr
                                 : place_of(trimmed(line.substr(0, equals)), credentials);
        if (!place)
            return wrong(fmt::format("line {} is not one of user, password, access_key, secret_key", number));
        if (!place->empty())
            return wrong(fmt::format("line {} says again what was said before", number));
        *place = trimmed(line.substr(equals + 1));
        if (place->empty() || has_control_character(*place))
            return wrong(fmt::format("line {} has no value, or a control character in it", number));
    }
    if (credentials.user.empty() || credentials.password.empty())
        return wrong(credentials.user.empty() ? "it does not say the user" : "it does not say the password");
    return credentials;
}

} // namespace kdumpkit
