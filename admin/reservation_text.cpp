// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/reservation_text.h"

#include "admin/boot_words.h"
#include "base/progress.h"

#include <fmt/format.h>

namespace kdumpkit::admin {
namespace {

std::string_view shown(std::string_view line) {
    return line.ends_with('\r') ? line.substr(0, line.size() - 1) : line;
}

} // namespace

std::string to_text(const BootPlan& plan) {
    std::string text;
    for (const FileChange& change : plan.changes) {
        text += fmt::format("{}{}\n", change.path,
                            change.remove   ? " (removed)"
                            : change.exists ? ""
                                            : " (new)");
        for (const LineEdit& line : change.lines) {
            if (line.before)
                text += fmt::format("  - {}\n", shown(*line.before));
            if (line.after)
                text += fmt::format("  + {}\n", shown(*line.after));
        }
    }
    for (const auto& command : plan.commands)
        text += fmt::format("run: {}\n", fmt::join(command, " "));
    for (const std::string& note : plan.notes)
        text += fmt::format("note: {}\n", note);
    return text;
}

std::string granted_text(std::string_view command_line, std::uint64_t reserved, std::string_view recorded) {
    const std::string asked = crashkernel_words(command_line);
    std::string text = fmt::format("this boot asked for: {}\n", asked.empty() ? "nothing" : asked);
    text += fmt::format("the kernel granted:  {}\n", reserved == 0 ? "nothing" : human_bytes(reserved));
    if (!recorded.empty())
        text += fmt::format("kdumpkit has set:    {}\n", recorded);
    if (!recorded.empty() && !has_crashkernel(asked, recorded))
        return text + fmt::format("next: reboot; then the kernel reserves {}\n", recorded);
    if (reserved == 0)
        return text +
               (asked.empty()
                    ? "next: kdumpkit reserve auto, and reboot\n"
                    : "next: look for \"crashkernel\" in the kernel's log (dmesg), and reserve less\n");
    return text;
}

} // namespace kdumpkit::admin
