// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/chain.h"

#include "capture/target_capture.h"

#include <algorithm>
#include <vector>

#include <unistd.h>

namespace kdumpkit::capture {

void show_log_end(Capture& capture) {
    constexpr std::size_t lines_shown = 60;
    const std::string path = capture.places.scratch + "/dmesg.txt";
    const CollectorRun run = save_dmesg(capture, path);
    const auto text = read_log_end(path);
    ::unlink(path.c_str());
    if (!text || text->empty()) {
        capture.log.say("the crashed kernel's log could not be read: {}", run.text());
        return;
    }
    std::string_view rest = *text;
    std::vector<std::string_view> lines;
    while (!rest.empty()) {
        const auto end = rest.find('\n');
        lines.push_back(rest.substr(0, end));
        rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    }
    capture.log.say("the end of the crashed kernel's log:");
    for (std::size_t i = lines.size() - std::min(lines.size(), lines_shown); i < lines.size(); ++i)
        capture.system.console(lines[i]);
    if (const auto panic = find_panic_line(*text)) {
        capture.log.say("panic: {}", panic->line);
        if (panic->cause != panic->line)
            capture.log.say("cause: {}", panic->cause);
    }
}

void Capture::took(const std::string& stage, double since) {
    const double seconds = system.boot_seconds() - since;
    const auto old = std::find_if(summary.stages.begin(), summary.stages.end(),
                                  [&](const auto& entry) { return entry.first == stage; });
    if (old == summary.stages.end())
        summary.stages.emplace_back(stage, seconds);
    else
        old->second += seconds;
}

bool tries_next(const TargetEnd& end) {
    return end.saved != Saved::complete && end.blames_destination;
}

Saved run_chain(Capture& capture) {
    const std::vector<Target>& targets = capture.frozen.settings.targets;
    const Summary common = capture.summary;
    Saved best = Saved::nothing;
    for (std::size_t i = 0; i < targets.size(); ++i) {
        capture.log.say("target {} of {}: {}", i + 1, targets.size(), targets[i].url());
        capture.summary = common;
        const TargetEnd end = capture_to(capture, targets[i]);
        best = std::max(best, end.saved);
        if (!tries_next(end))
            break;
    }
    if (best == Saved::nothing) {
        capture.log.say("no target took the dump");
        show_log_end(capture);
    }
    return best;
}

} // namespace kdumpkit::capture
