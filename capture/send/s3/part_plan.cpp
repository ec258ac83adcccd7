// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/send/s3/part_plan.h"

#include <algorithm>

namespace kdumpkit::send {

std::uint64_t part_size(std::optional<std::uint64_t> total, unsigned number) {
    if (!total)
        return smallest_part << ((number - 1) / 2000);
    constexpr std::uint64_t mib = std::uint64_t{1} << 20;
    const std::uint64_t least = *total / most_parts + 1;
    return std::max(smallest_part, (least + mib - 1) / mib * mib);
}

} // namespace kdumpkit::send
