// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/utc.h"

#include <ctime>

namespace kdumpkit {

std::string utc_text(std::int64_t seconds, const char* form) {
    const auto value = static_cast<std::time_t>(seconds);
    const std::time_t none = 0;
    std::tm parts{};
    if (::gmtime_r(&value, &parts) == nullptr)
        ::gmtime_r(&none, &parts);
    char text[64] = {};
    return std::string(text, std::strftime(text, sizeof text, form, &parts));
}

} // namespace kdumpkit
