// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "base/log.h"
#include "makedumpfile-lite/options.h"

namespace kdumpkit::dump {

// Writes the crashed kernel's log to a file or to standard output, as `options` say. A log that is damaged
// half-way gives its first half and then an error; a vmcore without a log leaves no file behind.
Result<> extract_dmesg(const Options& options, const Log& log);

} // namespace kdumpkit::dump
