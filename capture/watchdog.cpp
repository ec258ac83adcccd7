// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/watchdog.h"

namespace kdumpkit::capture {

Watchdog::Watchdog(std::chrono::milliseconds limit, std::function<void()> bite)
    : ticker_(limit / 20, [this, limit, bite = std::move(bite), bitten = false]() mutable {
          if (bitten || Clock::now() < last_.load() + limit)
              return;
          bitten = true;
          bite();
      }) {}

} // namespace kdumpkit::capture
