// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/send/patience.h"

#include <algorithm>

namespace kdumpkit::send {

std::optional<std::chrono::seconds> Patience::after(std::uint64_t reached) {
    if (reached >= farthest_ + step) {
        farthest_ = reached;
        in_a_row_ = 0;
    }
    if (in_a_row_ >= retries_)
        return std::nullopt;
    const unsigned doublings = std::min(in_a_row_, 5U);
    ++in_a_row_;
    return std::chrono::seconds(std::min(1U << doublings, 30U));
}

} // namespace kdumpkit::send
