// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "capture/chain.h"
#include "capture/vigil.h"

#include <string>

namespace kdumpkit::capture {

// Where the crashed kernel's log lies in memory, until the end of this life.
std::string crash_log_path(const Capture& capture);

// Has the collector write the crashed kernel's log there, not for ever, says its panic line and puts what it
// tells into the summary: before there is a disk or a network, so that every target gets it at once.
void read_crash_log(Capture& capture);

// For when no target took anything: the last lines of the log on the console, and in /dev/pmsg0, which some
// machines keep over a reboot (pstore).
void show_log_end(Capture& capture);

// The end of a kernel log, at most 1 MiB, beginning with a whole line.
Result<std::string> read_log_end(const std::string& path);

} // namespace kdumpkit::capture
