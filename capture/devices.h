// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "capture/capture_log.h"
#include "capture/system.h"

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace kdumpkit::capture {

// Loads modules in the given order, with what the kernel's command line has for each; with nothing when it
// does not take that. One that fails is said, and the others are still tried: it may have been needed for
// another target, or its driver may be built in. Answers how many failed.
std::size_t load_modules(System& system, CaptureLog& log, const std::vector<std::string>& paths,
                         std::string_view command_line);

// Waits until a disk or partition carries the filesystem `uuid`, and answers its device path. Every few
// seconds it says which disks it sees meanwhile. After `timeout` it is an `absent` error on the destination's
// side.
Result<std::string> wait_for_filesystem(System& system, CaptureLog& log, const std::string& uuid,
                                        std::chrono::seconds timeout);

} // namespace kdumpkit::capture
