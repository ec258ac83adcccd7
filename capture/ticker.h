// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace kdumpkit::capture {

// A thread that does one thing now and again and again. Without memory for a thread it is done once.
class Ticker {
  public:
    Ticker(std::chrono::milliseconds interval, std::function<void()> act);
    Ticker(const Ticker&) = delete;
    Ticker& operator=(const Ticker&) = delete;
    ~Ticker();

  private:
    void run(std::chrono::milliseconds interval, const std::function<void()>& act);

    std::mutex mutex_;
    std::condition_variable called_off_;
    bool off_ = false;
    std::thread thread_;
};

} // namespace kdumpkit::capture
