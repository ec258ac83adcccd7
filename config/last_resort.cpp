// SPDX-License-Identifier: GPL-2.0-or-later
#include "config/last_resort.h"

#include "base/text.h"

#include <algorithm>
#include <array>

namespace kdumpkit {

bool is_last_resort_type(std::string_view type) {
    constexpr std::array<std::string_view, 7> types{"ext4", "ext3", "ext2", "xfs", "btrfs", "f2fs", "vfat"};
    return std::find(types.begin(), types.end(), type) != types.end();
}

bool may_be_last_resort(const Settings& settings, const std::string& uuid) {
    return std::any_of(settings.last_resort.begin(), settings.last_resort.end(), [&](const std::string& one) {
        return one == "any" || lower_case(one) == lower_case("UUID=" + uuid);
    });
}

} // namespace kdumpkit
