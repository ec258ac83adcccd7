// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "capture/chain.h"

#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <vector>

namespace kdumpkit::capture {

// How long one run of the collector may take. Seconds.
struct RunLimits {
    static constexpr double none = std::numeric_limits<double>::infinity();
    double whole;    // from the start to the end
    double stalled;  // without a line, a byte of output, or use of the CPU
    double spinning; // without a line or a byte, however busy it looks
    double quiet;    // without a line: after that we speak for it
};

// A kernel log is a few MiB at most and found by three symbols: it takes less than a second. The dump must
// not wait for it.
inline constexpr RunLimits dmesg_limits{60, RunLimits::none, RunLimits::none, 10};
// A dump takes as long as it takes, as long as something moves, or until the target's deadline. The settings'
// stall_timeout without anything is far above what one write or one fsync takes: only as much can be
// unwritten as this small kernel's memory holds. Half an hour of computing without a byte is far above one
// pass over the page descriptors of the largest machines.
RunLimits dump_limits(Capture& capture);

// Decides from what is seen of a running collector whether to speak for it and whether to end it. No clock of
// its own: times are seconds of any one clock.
class Vigil {
  public:
    enum class Verdict { nothing, speak, too_long, stalled, spinning };
    Vigil(const RunLimits& limits, double now)
        : limits_(limits), begin_(now), word_at_(now), output_at_(now), moved_at_(now) {}

    // It said something.
    void heard(double now) { word_at_ = output_at_ = moved_at_ = now; }
    // A regular look at the size of its output and at the CPU time it has used.
    Verdict look(double now, std::uint64_t bytes, double cpu_seconds);
    [[nodiscard]] double seconds(double now) const { return now - begin_; }

  private:
    RunLimits limits_;
    double begin_;
    double word_at_;   // the last word, its own or ours
    double output_at_; // the last line or byte
    double moved_at_;  // the last sign of life
    std::uint64_t bytes_ = 0;
    double cpu_ = 0;
};

// How a run of the collector ended.
struct CollectorRun {
    Result<ExitStatus> status;
    std::string killed_for; // why we killed it, or empty
    [[nodiscard]] std::string text() const;
};

// Runs the collector within its limits. Its words go to the log, and ours when it is silent. `output` is the
// file that it makes.
CollectorRun run_collector(Capture& capture, const std::vector<std::string>& argv, const std::string& output,
                           const RunLimits& limits);

// The same with its output onto a descriptor, of which `written` tells how much came.
CollectorRun run_collector_onto(Capture& capture, const std::vector<std::string>& argv, int output,
                                const std::function<std::uint64_t()>& written, const RunLimits& limits);

// The same with the collector's output as the input of `sender`; words of either are signs of life.
struct SentRun {
    Result<PipeEnd> ends;
    std::string killed_for;
};
SentRun run_and_send(Capture& capture, const std::vector<std::string>& collector,
                     const std::vector<std::string>& sender, const RunLimits& limits);
// One program that is no collector, kdump-send or a hook: its words go to the log.
CollectorRun run_watched(Capture& capture, const std::vector<std::string>& argv, const RunLimits& limits);

} // namespace kdumpkit::capture
