// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/isolated_work.h"

namespace kdumpkit::capture {
namespace {

constexpr std::string_view own_prefix = "kdump-capture: ";

} // namespace

void repeat(Capture& capture, std::string_view line) {
    if (line.starts_with(own_prefix))
        capture.log.line(line.substr(own_prefix.size()));
    else
        capture.system.console(line);
}

std::optional<std::string> work_isolated(Capture& capture, double until,
                                         const std::function<std::string()>& work) {
    ProgramWatch watch;
    watch.line = [&](std::string_view line) { repeat(capture, line); };
    watch.tick = [&](double) {
        return capture.system.boot_seconds() > until ? TickAnswer::kill : TickAnswer::go_on;
    };
    watch.kill_wait = std::chrono::seconds(1);
    const auto end = capture.system.isolate(work, watch);
    if (!end) {
        capture.log.error(end.error());
        return std::nullopt;
    }
    if (end->status.success())
        return end->answer;
    capture.log.say("it was not done in time: {}", end->status.text());
    return std::nullopt;
}

} // namespace kdumpkit::capture
