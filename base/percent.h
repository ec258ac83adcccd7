// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace kdumpkit {

// RFC 3986 section 2.1; nullopt for a broken escape or a control character, escaped or not.
std::optional<std::string> percent_decoded(std::string_view text);

// Everything but the unreserved characters of RFC 3986 (A-Za-z0-9-._~) and `also_plain` as %XX.
std::string percent_encoded(std::string_view text, std::string_view also_plain = {});

} // namespace kdumpkit
