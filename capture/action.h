// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "capture/capture_log.h"
#include "capture/system.h"
#include "config/settings.h"

#include <string>
#include <string_view>

namespace kdumpkit::capture {

// True when the kernel command line has a panic= of its own.
bool sets_panic_timeout(std::string_view command_line);

// A panic of the capture kernel must not leave the machine standing: without panic= on its command line the
// kernel would stop for ever. Only for a failure action that leads to production again; says what it set.
void ensure_panic_timeout(System& system, CaptureLog& log, const Places& places, FinalAction failure_action);

// Says it and does it. When the kernel refuses, says why and tries again every few seconds, `tries` times.
// Returns only when all of them failed (or in tests).
void perform(System& system, CaptureLog& log, FinalAction action, unsigned tries = 3);

} // namespace kdumpkit::capture
