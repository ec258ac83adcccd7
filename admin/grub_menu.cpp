// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/grub_menu.h"

#include "admin/boot_words.h"
#include "base/text.h"

#include <algorithm>

#include <fmt/format.h>

namespace kdumpkit::admin {
namespace {

struct MenuKernels {
    std::size_t all = 0, with = 0;
    std::string other;       // what some of them get instead
    bool in_entries = false; // their command lines are not in the menu
};

MenuKernels kernels_of(std::string_view text, std::string_view parameter) {
    const std::string wanted = taken_crashkernel(parameter);
    MenuKernels kernels;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        const std::string_view line = trimmed(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
        const std::string_view word = line.substr(0, std::min(line.find_first_of(" \t"), line.size()));
        kernels.in_entries = kernels.in_entries || word == "blscfg";
        if (word != "linux" && word != "linuxefi" && word != "linux16")
            continue;
        ++kernels.all;
        const std::string taken = taken_crashkernel(line);
        if (taken == wanted)
            ++kernels.with;
        else if (!taken.empty())
            kernels.other = taken;
    }
    return kernels;
}

} // namespace

std::string grub_menu_path(const std::vector<std::string>& command) {
    if (command.front() == "update-grub")
        return "/boot/grub/grub.cfg";
    return command.front().ends_with("-mkconfig") ? command.back() : "";
}

std::string doubt_of_grub_menu(std::string_view path, std::string_view text, std::string_view parameter) {
    const MenuKernels kernels = kernels_of(text, parameter);
    if (kernels.in_entries || kernels.with > 0 || kernels.all == 0)
        return {};
    return fmt::format(
        "{} was made anew, and of its {} kernels none gets {}{}: look in /etc/grub.d (10_linux) "
        "for what makes their command lines otherwise",
        path, kernels.all, parameter, kernels.other.empty() ? "" : fmt::format(", but {}", kernels.other));
}

std::string doubt_of_undone_menu(std::string_view path, std::string_view text, std::string_view parameter,
                                 bool in_settings) {
    const MenuKernels kernels = kernels_of(text, parameter);
    if (kernels.with == 0)
        return {};
    return fmt::format(
        "{} was made anew, and of its {} kernels {} still get {}: {}", path, kernels.all, kernels.with,
        parameter,
        in_settings ? "GRUB's settings had it before kdumpkit, look for it in /etc/default/grub and beside"
                    : "look in /etc/grub.d (10_linux, 40_custom) for what puts it there");
}

bool grub_menu_has(std::string_view text, std::string_view parameter) {
    return kernels_of(text, parameter).with > 0;
}

} // namespace kdumpkit::admin
