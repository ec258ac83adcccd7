// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/watchdog.h"

#include <system_error>

namespace kdumpkit::capture {

Watchdog::Watchdog(std::chrono::milliseconds limit, std::function<void()> bite) {
    try {
        thread_ = std::thread([this, limit, bite = std::move(bite)] { watch(limit, bite); });
    } catch (const std::system_error&) {
        return; // the capture itself matters more
    }
}

Watchdog::~Watchdog() {
    {
        const std::lock_guard lock(mutex_);
        off_ = true;
    }
    called_off_.notify_all();
    if (thread_.joinable())
        thread_.join();
}

void Watchdog::watch(std::chrono::milliseconds limit, const std::function<void()>& bite) {
    std::unique_lock lock(mutex_);
    while (!off_) {
        const auto due = last_.load() + limit;
        if (Clock::now() >= due) {
            lock.unlock();
            bite();
            return;
        }
        called_off_.wait_until(lock, due);
    }
}

} // namespace kdumpkit::capture
