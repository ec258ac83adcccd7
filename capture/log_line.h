// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string_view>

namespace kdumpkit::capture {

// One line of a kernel log, a view of it.
struct LogLine {
    std::string_view text;        // without its prefixes and the blanks around it
    std::optional<double> uptime; // seconds, from "[   12.345678]"
};

// Takes off "<6>", "[   12.345678]" and, with CONFIG_PRINTK_CALLER, "[  T123]" or "[    C1]".
LogLine parse_log_line(std::string_view line);

} // namespace kdumpkit::capture
