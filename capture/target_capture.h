// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "capture/chain.h"
#include "capture/vigil.h"
#include "config/target.h"

namespace kdumpkit::capture {

// Everything on one target: wait for it, mount, folder, dmesg, summary, dump, rename, last words, unmount.
// Says what goes wrong; what could be saved stays on the target, a dump that is not whole as
// vmcore.incomplete.
TargetEnd capture_to(Capture& capture, const Target& target);

// Runs `makedumpfile-lite --dump-dmesg`, not for ever. Its words go to the log.
CollectorRun save_dmesg(Capture& capture, const std::string& path);
// The end of a kernel log, at most 1 MiB, beginning with a whole line.
Result<std::string> read_log_end(const std::string& path);

} // namespace kdumpkit::capture
