// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"

#include <string>
#include <string_view>
#include <vector>

namespace kdumpkit::initramfs {

// What of resolv.conf(5) the capture kernel needs.
struct ResolverSettings {
    std::vector<std::string> dns;
    std::vector<std::string> search;
    friend bool operator==(const ResolverSettings&, const ResolverSettings&) = default;
};
ResolverSettings parse_resolv_conf(std::string_view text);

// Of the running system, below `etc` and `run`. A resolver of this machine itself (127.0.0.53) is gone after
// a panic: then those that systemd-resolved asks. Other servers at loopback addresses are left out.
ResolverSettings read_resolver_settings(const std::string& etc, const std::string& run);

// The addresses of a name, or of an address itself, as this machine resolves it. `absent` when it cannot.
Result<std::vector<std::string>> resolve_host(const std::string& host);

} // namespace kdumpkit::initramfs
