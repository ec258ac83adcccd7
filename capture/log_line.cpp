// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/log_line.h"

#include "base/text.h"

#include <charconv>

namespace kdumpkit::capture {

LogLine parse_log_line(std::string_view text) {
    LogLine line;
    if (text.starts_with('<')) { // "<6>", from a raw log
        const auto end = text.find('>');
        if (end <= 4) // npos is larger
            text.remove_prefix(end + 1);
    }
    // "[   12.345678]" and with CONFIG_PRINTK_CALLER "[  T123]" or "[    C1]"; "[#1]" is the oops's own.
    for (int prefix = 0; prefix < 2 && text.starts_with('['); ++prefix) {
        const auto end = text.find(']');
        if (end > 24) // npos is, too
            break;
        const std::string_view inside = trimmed(text.substr(1, end - 1));
        if (prefix == 0) {
            double value = 0;
            const auto parsed = std::from_chars(inside.data(), inside.data() + inside.size(), value);
            if (parsed.ec != std::errc() || parsed.ptr != inside.data() + inside.size())
                break;
            line.uptime = value;
        } else if (inside.empty() || (inside[0] != 'T' && inside[0] != 'C') ||
                   inside.find_first_not_of("0123456789", 1) != std::string_view::npos) {
            break;
        }
        text.remove_prefix(end + 1);
        if (text.starts_with(' ') && !text.starts_with(" ["))
            text.remove_prefix(1);
    }
    line.text = trimmed(text);
    return line;
}

} // namespace kdumpkit::capture
