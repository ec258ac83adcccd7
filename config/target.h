// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "config/scheme.h"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace kdumpkit {

// A place for dumps, written as a URL: SCHEME://[USER@]HOST[:PORT]/PATH?KEY=VALUE&…, in parts and decoded.
// What a scheme has of these, and which keys it knows, is said once, in config/scheme.cpp.
struct Target {
    Scheme scheme = Scheme::file;
    std::string user;
    std::string host; // lower case, an IPv6 address without its brackets; of s3 the bucket
    std::optional<std::uint16_t> port;
    std::string path; // absolute, "/" or without a trailing slash, no "." or ".." in it; of raw the device
    std::map<std::string, std::string, std::less<>> parameters;

    // The value of a key of the query, empty when it is not there (a key's value is never empty).
    [[nodiscard]] std::string value(std::string_view key) const;
    // How long the capture kernel may take for this target.
    [[nodiscard]] std::optional<std::chrono::seconds> deadline() const;
    [[nodiscard]] const SchemeInfo& info() const { return scheme_info(scheme); }

    // file: whether `kdumpkit build` has found out the filesystem and its type; other schemes need no such
    // search.
    [[nodiscard]] bool resolved() const;
    // file: the filesystem's UUID without its "UUID=", empty when unresolved.
    [[nodiscard]] std::string uuid() const;
    // The URL again; parse_target(url()) gives an equal target.
    [[nodiscard]] std::string url() const;
    // The same without what says how to get there (keys, certificates, deadlines), which the initramfs has in
    // other places: two targets with one place are one. For people and comparisons.
    [[nodiscard]] std::string place() const;
    friend bool operator==(const Target&, const Target&) = default;
};

// file://PATH?fs=FILESYSTEM&type=TYPE; what is empty is left out.
Target file_target(std::string path, std::string filesystem = {}, std::string type = {});

// Where the @ after a user, or after a user and a password, is in what follows the // of a URL that somebody
// wrote; npos: there is none.
std::size_t end_of_user(std::string_view rest);
// For messages: a password that somebody wrote into a URL becomes ***.
std::string without_password(std::string_view url);

// `invalid` names the part of the URL that is wrong; a scheme that is known but not handled is `unsupported`.
Result<Target> parse_target(std::string_view url);

} // namespace kdumpkit
