// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "config/credentials.h"
#include "config/target.h"

#include <optional>
#include <string>

#include <curl/curl.h>

namespace kdumpkit::send {

// A target and what its files say about us.
struct Login {
    Target target;
    std::optional<Credentials> credentials;
};

// Reads the credentials, and makes sure that the other files can be read. Only for targets of kdump-send.
Result<Login> read_login(const Target& target);

// "https://host:8443", "sftp://host": what libcurl calls the server of the target. Of s3 with the bucket's
// place.
std::string server_url(const Target& target);

// Tells libcurl who we are and whom to trust. Nothing is taken from the environment or from files that the
// target does not name.
void apply(const Login& login, CURL* handle);

} // namespace kdumpkit::send
