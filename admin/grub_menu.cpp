// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/grub_menu.h"

#include "admin/boot_words.h"
#include "base/text.h"

#include <algorithm>

#include <fmt/format.h>

namespace kdumpkit::admin {

std::string grub_menu_path(const std::vector<std::string>& command) {
    if (command.front() == "update-grub")
        return "/boot/grub/grub.cfg";
    return command.front().ends_with("-mkconfig") ? command.back() : "";
}

std::string doubt_of_grub_menu(std::string_view path, std::string_view text, std::string_view parameter) {
    const std::string wanted = taken_crashkernel(parameter);
    std::size_t kernels = 0;
    std::string other; // what they get instead
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        const std::string_view line = trimmed(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
        const std::string_view word = line.substr(0, std::min(line.find_first_of(" \t"), line.size()));
        if (word == "blscfg")
            return {};
        if (word != "linux" && word != "linuxefi" && word != "linux16")
            continue;
        ++kernels;
        const std::string taken = taken_crashkernel(line);
        if (taken == wanted)
            return {};
        if (!taken.empty())
            other = taken;
    }
    if (kernels == 0)
        return {};
    return fmt::format(
        "{} was made anew, and of its {} kernels none gets {}{}: look in /etc/grub.d (10_linux) "
        "for what makes their command lines otherwise",
        path, kernels, parameter, other.empty() ? "" : fmt::format(", but {}", other));
}

} // namespace kdumpkit::admin
