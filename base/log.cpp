// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/log.h"

#include "base/bytes.h"
#include "base/file.h"
#include "base/printable.h"

#include <string>

#include <fmt/format.h>
#include <unistd.h>

namespace kdumpkit {

Log stderr_log(std::string_view program, LogLevel threshold) {
    return Log(
        [name = std::string(program)](LogLevel level, std::string_view text) {
            const char* tag = level == LogLevel::error     ? "error: "
                              : level == LogLevel::warning ? "warning: "
                                                           : "";
            const std::string line = fmt::format("{}: {}{}\n", name, tag, printable_lines(text));
            (void)write_all(STDERR_FILENO, as_bytes(line), "standard error"); // nobody is left to tell
        },
        threshold);
}

} // namespace kdumpkit
