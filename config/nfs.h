// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "base/host_address.h"
#include "config/target.h"

#include <functional>
#include <string>
#include <vector>

namespace kdumpkit {

// How an export is mounted without mount.nfs: what that program finds out is asked for here. Pure, all of it.

// One way to ask for an export, as mount(2) takes it: of the type "nfs", which knows every version.
struct NfsMount {
    std::string version; // "4.2"
    std::string source;  // "server:/export", an IPv6 address in brackets
    std::string options;
    static constexpr const char* type = "nfs";
    static const unsigned long flags; // of mount(2)
};

// Every version that the target allows, the newest first.
std::vector<NfsMount> nfs_mounts(const Target& target, const HostAddress& host);

// Tries every address and every version until `mount` succeeds, and answers that one; `refused` is told of
// versions that the server does not speak. The error is the last one, and the destination's.
Result<NfsMount> mount_first(const Target& target, const std::vector<HostAddress>& hosts,
                             const std::function<Result<>(const NfsMount&)>& mount,
                             const std::function<void(const NfsMount&)>& refused);

} // namespace kdumpkit
