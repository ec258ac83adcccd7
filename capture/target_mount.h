// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "capture/chain.h"

#include <string>

namespace kdumpkit::capture {

// Waits for what the target lies on, a disk or a server's export, and mounts it at mount_point. Answers
// what was mounted, for people.
Result<std::string> mount_target(Capture& capture, const Target& target);

} // namespace kdumpkit::capture
