// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"

#include <string>
#include <string_view>

namespace kdumpkit {

// Who we are to a server: a user and a password, or an access key and a secret key.
struct Credentials {
    std::string user, password;
    friend bool operator==(const Credentials&, const Credentials&) = default;
};

// The file that a target's credentials= names. Lines "NAME = VALUE", a value goes to the end of its line
// without the white space around it; empty lines, lines with # first and one [section] are passed over. The
// names are user and password, or access_key and secret_key; those of Amazon's files (aws_access_key_id,
// aws_secret_access_key) are understood, too. `name` is for messages, which never repeat a value.
Result<Credentials> parse_credentials(std::string_view text, const std::string& name);

} // namespace kdumpkit
