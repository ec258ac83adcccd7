// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/progress.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <unistd.h>

namespace kdumpkit {

Progress::Progress(int fd, std::string what, std::uint64_t total, std::chrono::milliseconds quiet_interval)
    : fd_(fd), what_(std::move(what)), total_(total), terminal_(fd >= 0 && ::isatty(fd) == 1),
      interval_(terminal_ ? std::chrono::milliseconds(100) : quiet_interval), start_(Clock::now()),
      next_(start_ + interval_) {}

Progress::~Progress() {
    // An unfinished terminal line must not swallow the message that follows it.
    if (fd_ >= 0 && terminal_ && !finished_)
        (void)!::write(fd_, "\n", 1);
}

void Progress::update(std::uint64_t done) {
    done_ = done;
    if (fd_ < 0 || finished_)
        return;
    const auto now = Clock::now();
    if (now < next_)
        return;
    next_ = now + interval_;
    print(false);
}

void Progress::finish() {
    if (fd_ >= 0 && !finished_)
        print(true);
    finished_ = true;
}

void Progress::print(bool last) {
    const double seconds = std::chrono::duration<double>(Clock::now() - start_).count();
    const std::string body = text(what_, done_, total_, seconds);
    const std::string line = terminal_ ? fmt::format("\r{:<78}{}", body, last ? "\n" : "") : body + "\n";
    // Progress is advice: a console that cannot take it must not stop the job.
    (void)!::write(fd_, line.data(), line.size());
}

std::string Progress::text(const std::string& what, std::uint64_t done, std::uint64_t total, double seconds) {
    const double rate = seconds > 0 ? static_cast<double>(done) / seconds : 0;
    std::string line = what;
    if (total != 0)
        line += fmt::format("  {:3.0f} %",
                            100.0 * static_cast<double>(std::min(done, total)) / static_cast<double>(total));
    line += "  " + human_bytes(done);
    if (total != 0)
        line += " of " + human_bytes(total);
    // What took no time has no rate worth a word.
    constexpr double shortest = 0.2;
    if (seconds < shortest)
        return line;
    line += fmt::format("  {}/s", human_bytes(static_cast<std::uint64_t>(rate)));
    if (total > done && rate > 0)
        line += fmt::format("  {:.0f} s left", static_cast<double>(total - done) / rate);
    return line;
}

std::string human_bytes(std::uint64_t bytes) {
    static constexpr std::array units = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    auto value = static_cast<double>(bytes);
    std::size_t unit = 0;
    while (value >= 1000 && unit + 1 < units.size()) {
        value /= 1024;
        ++unit;
    }
    if (unit == 0)
        return fmt::format("{} B", bytes);
    return value < 9.95 ? fmt::format("{:.1f} {}", value, units[unit])
                        : fmt::format("{:.0f} {}", value, units[unit]);
}

} // namespace kdumpkit
