// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "capture/capture_log.h"
#include "capture/memory_watch.h"
#include "capture/summary.h"
#include "capture/system.h"
#include "capture/uplink.h"
#include "config/frozen.h"

#include <chrono>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kdumpkit::capture {

// What a target of this machine got, a whole dump or first words.
struct LocalCopy {
    Target target;
    std::string folder; // the name of the dump's folder
};

// What a life carries from stage to stage.
struct Capture {
    System& system;
    CaptureLog& log;
    const Places& places;
    Frozen frozen;
    MemoryWatch memory;
    Summary summary; // of the target in hand
    Uplink uplink{};

    // Of the target in hand, set by the chain.
    std::string mount_point{};
    std::chrono::seconds device_patience{60};
    double until = std::numeric_limits<double>::infinity(); // boot seconds: its deadline
    std::vector<std::string> left_mounted{}; // where targets are whose process did not come to its own end
    std::string elsewhere{}; // where the dump is already, in words, when only first words are wanted

    std::vector<LocalCopy> local_copies{};
    unsigned visits = 0; // to them, after the dump

    // Adds the seconds since `since` (boot clock) to a stage of the summary.
    void took(const std::string& stage, double since);
};

// How much was saved, worst first.
enum class Saved { nothing, partial, complete };
std::string_view to_text(Saved saved);

// What one target came to.
struct TargetEnd {
    Saved saved = Saved::nothing;
    bool words = false;             // the crashed kernel's log and a summary are there
    bool blames_destination = true; // another target may do better
    std::string folder{};           // the name of the dump's folder, once there is one
};

// As an isolated process answers it, and back; nullopt for anything else.
std::string to_json(const TargetEnd& end);
std::optional<TargetEnd> parse_target_end(std::string_view json);

// What is there after some targets, and what the next is to get.
struct Progress {
    Saved best = Saved::nothing;
    bool words = false;       // some target has the first words
    unsigned copies = 0;      // complete dumps
    bool source_only = false; // the crashed memory is to blame: no target would get more
    std::string where;        // the URL of the best dump
};
// Pure.
void note(Progress& progress, const TargetEnd& end, const std::string& url);
bool wants_dump(const Progress& progress, unsigned copies);

// Goes through the targets in order, each in a process of its own that is left behind when it hangs: first
// words to every one, the dump to as many as the settings want. Targets after that get a short time only.
// When none took anything: the last resorts, at last the console. What was left behind gets a short time to
// be written back.
Saved run_chain(Capture& capture);

} // namespace kdumpkit::capture
