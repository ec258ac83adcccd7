// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/grub_settings.h"

#include "admin/grub_verdict.h"
#include "admin/shell_value.h"

#include <fmt/format.h>

namespace kdumpkit::admin {
namespace {

constexpr const char* for_all = "GRUB_CMDLINE_LINUX";             // recovery entries, too
constexpr const char* for_default = "GRUB_CMDLINE_LINUX_DEFAULT"; // behind the other one

} // namespace

bool has_grub(const BootTree& tree) {
    return tree.file(boot_paths::grub_defaults) != nullptr || tree.folders.contains(boot_paths::grub_folder);
}

std::vector<std::pair<std::string, std::string>> grub_files(const BootTree& tree) {
    std::vector<std::pair<std::string, std::string>> files;
    if (const std::string* defaults = tree.file(boot_paths::grub_defaults))
        files.emplace_back(boot_paths::grub_defaults, *defaults);
    if (tree.folders.contains(boot_paths::grub_folder))
        for (const auto& [path, text] : tree.files)
            if (path.starts_with(std::string(boot_paths::grub_folder) + "/") && path.ends_with(".cfg"))
                files.emplace_back(path, text);
    return files;
}

std::string grub_dropin_text(std::string_view parameter) {
    return fmt::format("# Written by kdumpkit reserve; kdumpkit reserve --undo removes it.\n"
                       "{0}=\"${0} {1}\"\n",
                       for_default, parameter);
}

bool is_grub_dropin(std::string_view text) {
    const std::string empty = grub_dropin_text("");
    const std::string_view end = "\"\n", begin = std::string_view(empty).substr(0, empty.size() - end.size());
    if (text.size() < empty.size() || !text.starts_with(begin) || !text.ends_with(end))
        return false;
    const std::string_view words = text.substr(begin.size(), text.size() - empty.size());
    return !words.empty() && crashkernel_words(words) == words;
}

FindWords words_of_grub_defaults() {
    return [](std::string_view line) {
        auto found = words_of_assignment(for_default)(line);
        return found ? found : words_of_assignment(for_all)(line);
    };
}

Result<LineEdits> edit_grub_defaults(std::string_view text, std::string_view parameter) {
    // Fedora has only the one.
    const bool only_one = !shell_value(text, for_default) && shell_value(text, for_all);
    const char* const name = only_one ? for_all : for_default;
    const char* const other = only_one ? for_default : for_all;
    KDK_ASSIGN(LineEdits lines, edit_shell_value(boot_paths::grub_defaults, text, {name, "", parameter}));
    if (crashkernel_words(shell_value(text, other).value_or("")).empty())
        return lines;
    KDK_ASSIGN(const LineEdits also, edit_shell_value(boot_paths::grub_defaults, text, {other, "", ""}));
    for (std::size_t i = 0; i < also.size(); ++i)
        if (also[i].before != also[i].after)
            lines[i].after = also[i].after;
    return lines;
}

Result<> check_grub(const std::vector<std::pair<std::string, std::string>>& files, std::string_view parameter,
                    std::vector<std::string>& notes) {
    const GrubVerdict verdict = judge_grub(files, parameter);
    if (!verdict.taken && verdict.doubts.empty())
        return fail(make_error(ErrorKind::invalid, fmt::format("reserve {} beside", parameter),
                               verdict.winner, verdict.reason)
                        .then(verdict.lost
                                  ? fmt::format("have it begin with ${} and have no crashkernel=, and run "
                                                "this again",
                                                for_default)
                                  : "take that out of this file, and run this again"));
    for (const std::string& path : verdict.doubts)
        notes.push_back(
            fmt::format("{} may set the kernel's command line in a way that kdumpkit does not follow; "
                        "look for {} in grub.cfg",
                        path, parameter));
    return {};
}

} // namespace kdumpkit::admin
