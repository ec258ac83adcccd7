// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "capture/capture_log.h"
#include "capture/memory_watch.h"
#include "capture/summary.h"
#include "capture/system.h"
#include "config/frozen.h"

#include <string>
#include <vector>

namespace kdumpkit::capture {

// What a life carries from stage to stage.
struct Capture {
    System& system;
    CaptureLog& log;
    const Places& places;
    Frozen frozen;
    MemoryWatch memory;
    Summary summary; // of the target in hand

    // Adds the seconds since `since` (boot clock) to a stage of the summary.
    void took(const std::string& stage, double since);
};

// How much was saved, worst first.
enum class Saved { nothing, partial, complete };

// What one target came to.
struct TargetEnd {
    Saved saved = Saved::nothing;
    bool blames_destination = true; // another target may do better
};

// Prints the last lines of the crashed kernel's log and its panic line, for a console that is all there is.
void show_log_end(Capture& capture);

// Pure: whether the next target is to be tried.
bool tries_next(const TargetEnd& end);

// Tries the targets in order until one took a complete dump or the source is to blame. When none took it, the
// end of the crashed kernel's log goes to the console, which is then all that there is.
Saved run_chain(Capture& capture);

} // namespace kdumpkit::capture
