// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/grub_verdict.h"

#include "admin/boot_words.h"
#include "admin/shell_variables.h"

#include <algorithm>

#include <fmt/format.h>

namespace kdumpkit::admin {
namespace {

struct CommandLine {
    std::string words;
    std::vector<std::string> doubts;
};

// As /etc/grub.d/10_linux puts it together.
CommandLine command_line(const ShellVariables& variables) {
    CommandLine line;
    for (const char* name : {"GRUB_CMDLINE_LINUX", "GRUB_CMDLINE_LINUX_DEFAULT"}) {
        const ShellVariable variable = variables.get(name);
        line.words += variable.value + " ";
        if (!variable.doubt.empty())
            line.doubts.push_back(variable.doubt);
    }
    return line;
}

} // namespace

GrubVerdict judge_grub(const std::vector<std::pair<std::string, std::string>>& files,
                       std::string_view parameter) {
    GrubVerdict verdict;
    ShellVariables variables;
    const std::string wanted = taken_crashkernel(parameter);
    std::string now;
    for (const auto& [path, text] : files) {
        variables.read(path, text);
        const std::string taken = taken_crashkernel(command_line(variables).words);
        if (taken == now)
            continue;
        verdict.lost = now == wanted;
        now = taken;
        verdict.winner = path;
    }
    const CommandLine line = command_line(variables);
    verdict.doubts = line.doubts;
    std::sort(verdict.doubts.begin(), verdict.doubts.end());
    verdict.doubts.erase(std::unique(verdict.doubts.begin(), verdict.doubts.end()), verdict.doubts.end());
    verdict.taken = now == wanted;
    if (!verdict.lost)
        verdict.reason = fmt::format("it has {}, which a kernel would take instead", now);
    else if (has_crashkernel(line.words, parameter))
        verdict.reason = fmt::format("it is read later and has {}, which a kernel would take instead", now);
    else
        verdict.reason = "it is read later and sets the kernel's command line without what was there before";
    return verdict;
}

} // namespace kdumpkit::admin
