// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "capture/ticker.h"

#include <atomic>
#include <chrono>
#include <functional>

namespace kdumpkit::capture {

// A second thread that acts when the first has given no sign of life for too long. A thread that waits for a
// dead disk inside the kernel (mount, fsync, syncfs, umount) takes no signal, so that alarm(2) would not do;
// and a thread of PID 1, other than a child, is safe from the out-of-memory killer.
class Watchdog {
  public:
    // Far above a journal's replay and what a write-back of this small kernel's memory takes.
    static constexpr std::chrono::minutes patience{10};

    // `bite` is called once, from the other thread, at most a twentieth of `limit` late. Without memory for a
    // thread there is no watchdog.
    Watchdog(std::chrono::milliseconds limit, std::function<void()> bite);
    // From any thread.
    void alive() { last_ = Clock::now(); }

  private:
    using Clock = std::chrono::steady_clock;

    std::atomic<Clock::time_point> last_{Clock::now()};
    Ticker ticker_;
};

} // namespace kdumpkit::capture
