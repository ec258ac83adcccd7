// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/panic_line.h"

#include "capture/log_line.h"

#include <algorithm>
#include <array>
#include <vector>

namespace kdumpkit::capture {
namespace {

constexpr std::string_view panic_head = "Kernel panic - not syncing";

// What begins a report of something fatal. Where one line can have several, any will do.
constexpr std::array<std::string_view, 22> headlines{
    "BUG: ",
    "Oops: ",
    "Oops[",
    "kernel BUG at ",
    "general protection fault",
    "divide error",
    "invalid opcode",
    "stack segment: ",
    "traps: PANIC: double fault",
    "PANIC: double fault",
    "Unable to handle kernel ",
    "Internal error: ",
    "Bad mode in ",
    "watchdog: ",
    "NMI watchdog: ",
    "Watchdog detected hard LOCKUP",
    "INFO: task ",
    "rcu: INFO: ",
    "sysrq: Trigger a crash",
    "mce: [Hardware Error]",
    "{1}[Hardware Error]",
    "WARNING: CPU",
};

// A panic whose words do not tell why: the report before it does.
constexpr std::array<std::string_view, 13> vague_panics{
    "Fatal exception",
    "Fatal hardware error",
    "Fatal machine check",
    "Fatal local machine check",
    "Oops",
    "softlockup",
    "hung_task",
    "Hard LOCKUP",
    "sysrq triggered crash",
    "panic_on_warn",
    "kernel: panic_on_warn",
    "RCU Stall",
    "NMI",
};

// Between the lines of one report: "BUG: …", "#PF: …", "#PF: …", "PGD …", "Oops: …".
constexpr std::size_t report_gap = 6;
// From a panic back to the report that led to it: registers, code and call traces of every CPU.
constexpr std::size_t report_reach = 600;

bool is_headline(std::string_view text) {
    return std::any_of(headlines.begin(), headlines.end(),
                       [&](std::string_view head) { return text.starts_with(head); });
}

bool is_vague(std::string_view panic) {
    std::string_view words = panic.substr(panic_head.size());
    words = words.starts_with(':') ? words.substr(1) : words;
    words.remove_prefix(std::min(words.find_first_not_of(" \t"), words.size()));
    return words.empty() || std::any_of(vague_panics.begin(), vague_panics.end(),
                                        [&](std::string_view vague) { return words.starts_with(vague); });
}

} // namespace

std::optional<PanicLine> find_panic_line(std::string_view dmesg) {
    // From the end: the last panic, else the last report.
    std::vector<LogLine> lines; // newest first, no more than needed
    std::optional<std::size_t> panic;
    std::optional<std::size_t> report;
    while (!dmesg.empty()) {
        if (dmesg.back() == '\n')
            dmesg.remove_suffix(1);
        const auto newline = dmesg.rfind('\n');
        const std::size_t begin = newline == std::string_view::npos ? 0 : newline + 1;
        const LogLine line = parse_log_line(dmesg.substr(begin));
        dmesg = dmesg.substr(0, begin);
        lines.push_back(line);
        const std::size_t index = lines.size() - 1;
        // "---[ end Kernel panic - not syncing: … ]---" repeats it and is not its start.
        if (!panic && line.text.starts_with(panic_head)) {
            panic = index;
            report.reset(); // what came after the panic is its echo
            if (!is_vague(line.text))
                break;
        } else if (is_headline(line.text) && (!report || index - *report <= report_gap)) {
            report = index;
        } else if (report && index - *report > report_gap && panic) {
            break;
        }
        if (panic && index - *panic > report_reach)
            break;
        // Without a panic line the whole log has to be looked at, for it may be far back; lines are views,
        // and few enough: one costs 40 bytes, a log of 1 MiB has about 15,000.
    }
    if (!panic && !report)
        return std::nullopt;
    const LogLine& line = lines[panic ? *panic : *report];
    const LogLine& cause = lines[report ? *report : *panic];
    return PanicLine{std::string(line.text), std::string(cause.text), line.uptime};
}

} // namespace kdumpkit::capture
