// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/boot_file_words.h"

#include "admin/boot_files.h"
#include "admin/boot_tree.h"
#include "admin/grub_settings.h"
#include "admin/shell_value.h"

#include <algorithm>

namespace kdumpkit::admin {

FindWords words_of_boot_file(const std::string& path) {
    if (path == boot_paths::grub_defaults)
        return words_of_grub_defaults();
    if (path == boot_paths::kernel_cmdline)
        return words_of_kernel_cmdline();
    if (path == boot_paths::u_boot_menu)
        return words_of_assignment(boot_paths::u_boot_parameters);
    if (std::any_of(boot_paths::extlinux.begin(), boot_paths::extlinux.end(),
                    [&](const char* one) { return path == one; }))
        return words_of_extlinux();
    if (is_boot_entry(path))
        return words_of_boot_entry();
    return [](std::string_view) { return std::optional<WordsInLine>(); };
}

} // namespace kdumpkit::admin
