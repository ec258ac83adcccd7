// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/chain.h"

#include "base/json.h"
#include "capture/crash_log.h"
#include "capture/isolated_work.h"
#include "capture/last_resort.h"
#include "capture/local_copy.h"
#include "capture/target_capture.h"
#include "capture/vigil.h"

#include <algorithm>
#include <array>
#include <exception>
#include <vector>

namespace kdumpkit::capture {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array saved_names{"nothing", "partial", "complete"};
// For a target that only gets first words: nobody waits long for what is not needed.
constexpr std::chrono::seconds short_time{15};

double seconds(std::chrono::seconds value) {
    return static_cast<double>(value.count());
}

// The whole work on one target, inside its own process.
std::string work_on(Capture& capture, const Target& target, Task task) {
    try {
        return to_json(capture_to(capture, target, task));
    } catch (const std::exception& error) {
        // A bug or no memory. What is on the target stays there.
        capture.log.say("the capture broke off: {}", error.what());
        capture.log.detach();
        (void)capture.system.unmount(capture.mount_point);
        return to_json(TargetEnd{});
    }
}

std::chrono::seconds deadline_of(const Settings& settings, const Target& target) {
    return target.deadline().value_or(settings.target_deadline);
}

// How long this target may take: in all, and without a sign of life.
RunLimits limits_of(const Settings& settings, const Target& target, Task task) {
    const double stalled = seconds(settings.stall_timeout);
    if (task == Task::first_words)
        return {seconds(short_time) * 2, seconds(short_time) * 2, RunLimits::none, RunLimits::none};
    const auto deadline = deadline_of(settings, target);
    // Its own process ends the dump at the deadline, and then has a little time for its last words.
    return {deadline.count() == 0 ? RunLimits::none : seconds(deadline) + 15, stalled + 15, RunLimits::none,
            RunLimits::none};
}

void prepare(Capture& capture, const Target& target, Task task, std::size_t number) {
    const Settings& settings = capture.frozen.settings;
    // One that hangs keeps its mount point.
    capture.mount_point = capture.places.target + (number == 0 ? "" : fmt::format("-{}", number + 1));
    capture.device_patience = settings.device_timeout;
    capture.until = RunLimits::none;
    const auto deadline = deadline_of(settings, target);
    if (task == Task::first_words)
        capture.device_patience = std::min(capture.device_patience, short_time);
    else if (deadline.count() != 0) {
        capture.device_patience = std::min(capture.device_patience, deadline);
        capture.until = capture.system.boot_seconds() + seconds(deadline);
    }
}

bool is_mounted(const Target& target) {
    const Carrier carrier = target.info().carrier;
    return carrier == Carrier::filesystem || carrier == Carrier::network_filesystem;
}

TargetEnd try_target(Capture& capture, const Target& target, Task task, std::size_t number) {
    prepare(capture, target, task, number);
    const auto now = [&] { return capture.system.boot_seconds(); };
    const RunLimits limits = limits_of(capture.frozen.settings, target, task);
    Vigil vigil(limits, now());
    ProgramWatch watch;
    watch.line = [&](std::string_view line) { repeat(capture, line); };
    watch.heard = [&] { vigil.heard(now()); };
    watch.tick = [&](double cpu_seconds) {
        capture.memory.sample();
        const auto verdict = vigil.look(now(), 0, cpu_seconds);
        if (verdict == Vigil::Verdict::nothing || verdict == Vigil::Verdict::speak)
            return TickAnswer::go_on;
        capture.log.say("abandoning the target: {}",
                        verdict == Vigil::Verdict::too_long
                            ? fmt::format("it was not done in {:.0f} s", limits.whole)
                            : fmt::format("no sign of life for {:.0f} s, it may hang", limits.stalled));
        return TickAnswer::kill;
    };
    const auto end = capture.system.isolate([&] { return work_on(capture, target, task); }, watch);
    const auto answer = end ? parse_target_end(end->answer) : std::nullopt;
    if (answer)
        return *answer;
    const bool started = end || end.error().side == ErrorSide::destination;
    if (started && is_mounted(target))
        capture.left_mounted.push_back(capture.mount_point);
    if (!end) {
        capture.log.error(end.error());
        if (started)
            return {}; // it hangs and is left behind
        // No process could be started: a dump that could hang this one is better than none.
        return parse_target_end(work_on(capture, target, task)).value_or(TargetEnd{});
    }
    capture.log.say("the work on the target ended early: {}", end->status.text());
    return {};
}

// What is still in this kernel's memory of a filesystem that nobody unmounted is lost at the reboot. One that
// hung may have come back; one that has not must not hold up the reboot.
void write_back(Capture& capture, const std::string& folder) {
    const auto answer = work_isolated(capture, capture.system.boot_seconds() + seconds(short_time), [&] {
        const auto done = capture.system.unmount(folder);
        return done ? std::string("all is written") : done.error().message();
    });
    capture.log.say("what the abandoned target at {} still had to write: {}", folder,
                    answer.value_or("it was not written"));
}

// Of the targets that nobody named, one is enough.
void try_last_resorts(Capture& capture, Progress& progress) {
    const Settings& settings = capture.frozen.settings;
    if (settings.last_resort.empty())
        return;
    const std::vector<Target> targets = last_resorts(settings, find_filesystems(capture.system));
    if (targets.empty())
        capture.log.say("no last resort: no other filesystem that capture.last_resort allows was found");
    for (std::size_t i = 0; i < targets.size() && progress.best == Saved::nothing; ++i) {
        capture.log.say("last resort: {}", targets[i].url());
        const TargetEnd end = try_target(capture, targets[i], Task::everything, settings.targets.size() + i);
        note(progress, end, targets[i].url());
        if (end.words)
            capture.local_copies.push_back({targets[i], end.folder});
    }
}

} // namespace

std::string_view to_text(Saved saved) {
    return saved_names[static_cast<std::size_t>(saved)];
}

std::string to_json(const TargetEnd& end) {
    return json_text(Json{{"saved", saved_names[static_cast<std::size_t>(end.saved)]},
                          {"words", end.words},
                          {"blames_destination", end.blames_destination},
                          {"folder", end.folder}});
}

std::optional<TargetEnd> parse_target_end(std::string_view json) {
    const Json value = Json::parse(json, nullptr, false);
    const auto name = std::find(saved_names.begin(), saved_names.end(), text_in(value, "saved"));
    if (name == saved_names.end())
        return std::nullopt;
    return TargetEnd{static_cast<Saved>(name - saved_names.begin()), is_true_in(value, "words"),
                     is_true_in(value, "blames_destination"), text_in(value, "folder")};
}

void note(Progress& progress, const TargetEnd& end, const std::string& url) {
    progress.words = progress.words || end.words;
    if (end.saved == Saved::complete)
        ++progress.copies;
    if (end.saved != Saved::complete && !end.blames_destination)
        progress.source_only = true;
    if (end.saved > progress.best) {
        progress.best = end.saved;
        progress.where = url;
    }
}

bool wants_dump(const Progress& progress, unsigned copies) {
    return !progress.source_only && (copies == 0 || progress.copies < copies);
}

void Capture::took(const std::string& stage, double since) {
    const double passed = system.boot_seconds() - since;
    const auto old = std::find_if(summary.stages.begin(), summary.stages.end(),
                                  [&](const auto& entry) { return entry.first == stage; });
    if (old == summary.stages.end())
        summary.stages.emplace_back(stage, passed);
    else
        old->second += passed;
}

Saved run_chain(Capture& capture) {
    const std::vector<Target>& targets = capture.frozen.settings.targets;
    const Summary common = capture.summary;
    Progress progress;
    std::vector<std::string> servers; // that took the whole dump
    for (std::size_t i = 0; i < targets.size(); ++i) {
        const std::string url = targets[i].url();
        const Task task =
            wants_dump(progress, capture.frozen.settings.copies) ? Task::everything : Task::first_words;
        capture.log.say("target {} of {}: {}", i + 1, targets.size(), url);
        capture.summary = common;
        if (targets[i].info().remote()) {
            if (const auto up = capture.uplink.ready(capture); !up) {
                capture.log.error(up.error());
                continue;
            }
        }
        capture.elsewhere =
            progress.where.empty() ? "no other target got more" : "the dump is at " + progress.where;
        const TargetEnd end = try_target(capture, targets[i], task, i);
        note(progress, end, url);
        if (targets[i].info().remote() && end.saved == Saved::complete)
            servers.push_back(targets[i].place());
        else if (!targets[i].info().remote() && end.words)
            capture.local_copies.push_back({targets[i], end.folder});
    }
    capture.summary = common;
    // So that kdumpkit forward does not send a server what it took here, or first words over a whole dump.
    if (!servers.empty())
        visit_local_copies(capture, "the servers that have the dump",
                           [&](const Dump& dump) { return mark_shipped(dump, servers); });
    if (progress.best == Saved::nothing && !progress.source_only) {
        capture.log.say("no target took the dump");
        try_last_resorts(capture, progress);
    }
    if (!progress.words || progress.best == Saved::nothing)
        show_log_end(capture);
    for (const std::string& folder : capture.left_mounted)
        write_back(capture, folder);
    return progress.best;
}

} // namespace kdumpkit::capture
