// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/ticker.h"

#include <system_error>

namespace kdumpkit::capture {

Ticker::Ticker(std::chrono::milliseconds interval, std::function<void()> act) {
    act();
    try {
        thread_ = std::thread([this, interval, act = std::move(act)] { run(interval, act); });
    } catch (const std::system_error&) {
        return; // the capture itself matters more
    }
}

Ticker::~Ticker() {
    {
        const std::lock_guard lock(mutex_);
        off_ = true;
    }
    called_off_.notify_all();
    if (thread_.joinable())
        thread_.join();
}

void Ticker::run(std::chrono::milliseconds interval, const std::function<void()>& act) {
    std::unique_lock lock(mutex_);
    while (!called_off_.wait_for(lock, interval, [this] { return off_; }))
        act();
}

} // namespace kdumpkit::capture
