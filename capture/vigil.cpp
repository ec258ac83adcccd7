// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/vigil.h"

#include "base/progress.h"

#include <sys/stat.h>

namespace kdumpkit::capture {
namespace {

constexpr double cpu_step = 0.01; // seconds; less may be a timer of a program that hangs

std::uint64_t size_of(const std::string& path) {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
}

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

CollectorRun run_collector(Capture& capture, const std::vector<std::string>& argv, const std::string& output,
                           const RunLimits& limits) {
    const auto now = [&] { return capture.system.boot_seconds(); };
    Vigil vigil(limits, now());
    std::string killed_for;
    ProgramWatch watch;
    watch.line = [&](std::string_view line) {
        capture.log.line(line);
        vigil.heard(now());
    };
    watch.tick = [&](double cpu_seconds) {
        capture.memory.sample();
        const std::uint64_t bytes = size_of(output);
        const Vigil::Verdict verdict = vigil.look(now(), bytes, cpu_seconds);
        if (verdict == Vigil::Verdict::speak)
            capture.log.say("the collector has run for {:.0f} s, silent for {:.0f} s; {} has {}",
                            vigil.seconds(now()), limits.quiet, output.substr(output.rfind('/') + 1),
                            human_bytes(bytes));
        killed_for = reason_of(verdict, limits);
        if (!killed_for.empty())
            capture.log.say("killing the collector: {}", killed_for);
        return killed_for.empty() ? TickAnswer::go_on : TickAnswer::kill;
    };
    auto status = capture.system.run(argv, watch);
    return {std::move(status), std::move(killed_for)};
}

} // namespace kdumpkit::capture
