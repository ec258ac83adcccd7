// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kdumpkit::capture {

// Who ran when it happened: "CPU: 1 PID: 717 Comm: insmod Tainted: G OE 6.1.0 #1".
struct CrashTask {
    unsigned cpu = 0;
    std::uint64_t pid = 0;
    std::string comm;
    friend bool operator==(const CrashTask&, const CrashTask&) = default;
};

// What a kernel log tells of a crash besides its panic line.
struct CrashReport {
    std::optional<CrashTask> task;
    std::optional<std::string> taint; // letters as the kernel prints them; "": not tainted; absent: not said
    std::string instruction;          // "sysrq_handle_crash+0x16/0x20", or empty
    std::vector<std::string> stack;   // of the report's first call trace, without the guesses ("? ")
    std::vector<std::string> modules; // of the last list of modules
    // Whole lines, each kind's first ones; a flood of them must not make the summary large.
    std::vector<std::string> hardware_errors, hung_tasks, lockups;
    friend bool operator==(const CrashReport&, const CrashReport&) = default;
};
inline constexpr std::size_t report_lines_limit = 32;

// `cause`: the line that begins the report, as find_panic_line() gives it; task, taint and stack are those of
// the report that begins at its last occurrence. Empty: those of the log's last report. Sources of the texts:
// lib/dump_stack.c, kernel/panic.c (print_tainted), kernel/module/main.c (print_modules),
// arch/*/kernel/dumpstack.c and process.c, kernel/watchdog.c, kernel/hung_task.c, kernel/rcu/tree_stall.h,
// arch/x86/kernel/cpu/mce/core.c, drivers/edac, drivers/acpi/apei/ghes.c.
CrashReport read_crash_report(std::string_view dmesg, std::string_view cause);

} // namespace kdumpkit::capture
