// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace kdumpkit::capture {

// What the crashed kernel said about its end. Lines are without their "[  12.345678]" and "[  T123]"
// prefixes.
struct PanicLine {
    std::string line; // "Kernel panic - not syncing: …", or the oops that led straight to the capture kernel
    std::string cause; // the line that tells why: "BUG: kernel NULL pointer dereference, …"; may equal `line`
    std::optional<double> uptime; // seconds since that kernel's start, from the prefix of `line`
    friend bool operator==(const PanicLine&, const PanicLine&) = default;
};

// Finds it in a kernel log as dmesg prints it. nullopt when nothing in it looks like an end. Sources: the
// texts in kernel/panic.c, arch/*/kernel/traps.c and dumpstack.c, kernel/watchdog.c, kernel/hung_task.c,
// drivers/tty/sysrq.c.
std::optional<PanicLine> find_panic_line(std::string_view dmesg);

} // namespace kdumpkit::capture
