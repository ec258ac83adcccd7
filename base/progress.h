// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace kdumpkit {

// Progress of one long job on a file descriptor: a line that rewrites itself on a terminal (rate, percent,
// time left), otherwise a plain line at most every `quiet_interval`. One thread at a time.
class Progress {
  public:
    using Clock = std::chrono::steady_clock;

    // `total` in units of `unit` (for instance bytes); 0 when unknown. fd < 0 means silence.
    Progress(int fd, std::string what, std::uint64_t total, std::chrono::milliseconds quiet_interval);
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;
    ~Progress();

    void update(std::uint64_t done);
    // The last line; later calls do nothing.
    void finish();

    // "copy  42 %  1.2 GiB of 2.9 GiB  310 MiB/s  5 s left": pure, for tests.
    static std::string text(const std::string& what, std::uint64_t done, std::uint64_t total, double seconds);

  private:
    void print(bool last);

    int fd_;
    std::string what_;
    std::uint64_t total_;
    std::uint64_t done_ = 0;
    bool terminal_;
    bool finished_ = false;
    std::chrono::milliseconds interval_;
    Clock::time_point start_;
    Clock::time_point next_;
};

// "1.5 GiB", "12 MiB", "900 B": three significant digits at most.
std::string human_bytes(std::uint64_t bytes);

} // namespace kdumpkit
