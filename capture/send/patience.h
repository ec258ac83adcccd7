// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace kdumpkit::send {

// How often, and after which pauses, something that failed is tried again: `retries` times in a row without
// getting further, with pauses of 1, 2, 4 … 30 seconds. Pure.
class Patience {
  public:
    explicit Patience(unsigned retries) : retries_(retries) {}
    // The pause before the next attempt after one that came as far as `reached` bytes; nullopt: give up. What
    // is less than step bytes further is no progress, otherwise a server that always breaks would be tried
    // forever.
    std::optional<std::chrono::seconds> after(std::uint64_t reached);
    static constexpr std::uint64_t step = std::uint64_t{1} << 20;

  private:
    unsigned retries_;
    unsigned in_a_row_ = 0;
    std::uint64_t farthest_ = 0;
};

} // namespace kdumpkit::send
