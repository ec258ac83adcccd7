// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/vigil.h"

#include "base/file.h"
#include "base/progress.h"

namespace kdumpkit::capture {
namespace {

constexpr double cpu_step = 0.01; // seconds; less may be a timer of a program that hangs

std::string reason_of(Vigil::Verdict verdict, const RunLimits& limits) {
    switch (verdict) {
    case Vigil::Verdict::too_long:
        return fmt::format("it was not done after {:.0f} s", limits.whole);
    case Vigil::Verdict::stalled:
        return fmt::format("it hung: no word, no byte written and no use of the CPU for {:.0f} s",
                           limits.stalled);
    case Vigil::Verdict::spinning:
        return fmt::format("it was busy without a word or a byte written for {:.0f} s", limits.spinning);
    case Vigil::Verdict::nothing:
    case Vigil::Verdict::speak:
        break;
    }
    return {};
}

} // namespace

Vigil::Verdict Vigil::look(double now, std::uint64_t bytes, double cpu_seconds) {
    if (bytes != bytes_) {
        bytes_ = bytes;
        output_at_ = moved_at_ = now;
    }
    if (cpu_seconds >= cpu_ + cpu_step) {
        cpu_ = cpu_seconds;
        moved_at_ = now;
    }
    if (now - begin_ >= limits_.whole)
        return Verdict::too_long;
    if (now - moved_at_ >= limits_.stalled)
        return Verdict::stalled;
    if (now - output_at_ >= limits_.spinning)
        return Verdict::spinning;
    if (now - word_at_ < limits_.quiet)
        return Verdict::nothing;
    word_at_ = now;
    return Verdict::speak;
}

std::string CollectorRun::text() const {
    if (!status)
        return status.error().message();
    return killed_for.empty() ? status->text() : "killed: " + killed_for;
}

namespace {

// What is watched: its name for people, and how much it has written to where; no name, no output to look at.
struct Watched {
    std::string what, output;
    std::function<std::uint64_t()> bytes;
};

std::string progress_of(const Watched& watched, std::uint64_t bytes) {
    return watched.output.empty() ? std::string()
                                  : fmt::format("; {} has {}", watched.output, human_bytes(bytes));
}

// Its words go to the log, and ours when it is silent; `killed_for` is filled in when it is killed.
ProgramWatch watch_over(Capture& capture, Vigil& vigil, const RunLimits& limits, Watched watched,
                        std::string& killed_for) {
    const auto now = [&capture] { return capture.system.boot_seconds(); };
    ProgramWatch watch;
    watch.line = [&capture, &vigil, now](std::string_view line) {
        capture.log.line(line);
        vigil.heard(now());
    };
    watch.tick = [&capture, &vigil, &limits, &killed_for, now,
                  watched = std::move(watched)](double cpu_seconds) {
        capture.memory.sample();
        const std::uint64_t bytes = watched.bytes ? watched.bytes() : 0;
        const Vigil::Verdict verdict = vigil.look(now(), bytes, cpu_seconds);
        if (verdict == Vigil::Verdict::speak)
            capture.log.say("{} has run for {:.0f} s, silent for {:.0f} s{}", watched.what,
                            vigil.seconds(now()), limits.quiet, progress_of(watched, bytes));
        killed_for = reason_of(verdict, limits);
        if (!killed_for.empty())
            capture.log.say("killing {}: {}", watched.what, killed_for);
        return killed_for.empty() ? TickAnswer::go_on : TickAnswer::kill;
    };
    return watch;
}

std::string name_of(const std::vector<std::string>& argv) {
    return argv.at(0).substr(argv[0].rfind('/') + 1);
}

CollectorRun run_one(Capture& capture, const std::vector<std::string>& argv, const RunLimits& limits,
                     Watched watched, int output = -1) {
    Vigil vigil(limits, capture.system.boot_seconds());
    std::string killed_for;
    auto watch = watch_over(capture, vigil, limits, std::move(watched), killed_for);
    watch.output = output;
    auto status = capture.system.run(argv, watch);
    return {std::move(status), std::move(killed_for)};
}

} // namespace

RunLimits dump_limits(Capture& capture) {
    return {capture.until - capture.system.boot_seconds(),
            static_cast<double>(capture.frozen.settings.stall_timeout.count()), 1800, 10};
}

CollectorRun run_collector(Capture& capture, const std::vector<std::string>& argv, const std::string& output,
                           const RunLimits& limits) {
    return run_one(capture, argv, limits, {"the collector", output.substr(output.rfind('/') + 1), [&] {
                                               return file_size(output);
                                           }});
}

CollectorRun run_collector_onto(Capture& capture, const std::vector<std::string>& argv, int output,
                                const std::function<std::uint64_t()>& written, const RunLimits& limits) {
    return run_one(capture, argv, limits, {"the collector", "the partition", written}, output);
}

SentRun run_and_send(Capture& capture, const std::vector<std::string>& collector,
                     const std::vector<std::string>& sender, const RunLimits& limits) {
    Vigil vigil(limits, capture.system.boot_seconds());
    std::string killed_for;
    const auto watch =
        watch_over(capture, vigil, limits, {"the collector and " + name_of(sender), {}, {}}, killed_for);
    auto ends = capture.system.run_pipe(collector, sender, watch);
    return {std::move(ends), std::move(killed_for)};
}

CollectorRun run_watched(Capture& capture, const std::vector<std::string>& argv, const RunLimits& limits) {
    return run_one(capture, argv, limits, {name_of(argv), {}, {}});
}

} // namespace kdumpkit::capture
