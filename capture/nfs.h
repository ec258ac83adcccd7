// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "capture/capture_log.h"
#include "capture/system.h"
#include "config/target.h"

#include <string>
#include <vector>

namespace kdumpkit::capture {

// One way to ask for an export, as mount(2) takes it.
struct NfsMount {
    std::string version; // "4.2"
    std::string source;  // "server:/export", an IPv6 address in brackets
    std::string options;
};

// Every version that the target allows, the newest first. Pure.
std::vector<NfsMount> nfs_mounts(const Target& target, const HostAddress& host);

// Mounts the export for writing at `folder`, without mount.nfs: what that program finds out is asked for
// here. Answers the version.
Result<std::string> mount_nfs(System& system, CaptureLog& log, const Target& target,
                              const std::string& folder);

} // namespace kdumpkit::capture
