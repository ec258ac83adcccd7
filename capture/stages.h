// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "capture/chain.h"
#include "capture/system.h"
#include "config/frozen.h"
#include "config/settings.h"

#include <string>
#include <vector>

namespace kdumpkit::capture {

// How a life ended: what is on a target, and what the machine is to do now.
struct LifeEnd {
    Saved saved = Saved::nothing;
    FinalAction action = FinalAction::reboot;
};

// PID 1's life up to its last act. Never throws; whatever goes wrong is said on the console and leads to the
// failure action. `root` is where /proc and friends are mounted, empty for the real ones.
LifeEnd live(System& system, const Places& places, const std::string& root = {});

// --dry-run: describe_stages() of the frozen file at `path`. A file that is absent, broken, or without a
// target that can be used is an error with a next step.
Result<std::vector<std::string>> rehearse(const std::string& path);

// The stages in order: what a life with this frozen file would do, one line each.
std::vector<std::string> describe_stages(const Frozen& frozen);

} // namespace kdumpkit::capture
