// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/log.h"

#include <cstdio>
#include <string>

namespace kdumpkit {

Log stderr_log(std::string_view program, LogLevel threshold) {
    return Log(
        [name = std::string(program)](LogLevel level, std::string_view text) {
            const char* tag = level == LogLevel::error     ? "error: "
                              : level == LogLevel::warning ? "warning: "
                                                           : "";
            fmt::print(stderr, "{}: {}{}\n", name, tag, text);
        },
        threshold);
}

} // namespace kdumpkit
