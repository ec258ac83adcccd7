// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace kdumpkit::admin {

// The menu that a command such as update-grub makes; empty for one that makes another boot loader's.
std::string grub_menu_path(const std::vector<std::string>& command);

// Pure. What speaks against the kernels of a menu (its `text`, just made anew) getting `parameter`, for
// people; empty: one of them gets it, or none has its command line there (blscfg reads it from boot loader
// entries).
std::string doubt_of_grub_menu(std::string_view path, std::string_view text, std::string_view parameter);

// Pure. The same of a menu made anew after `parameter` was taken away, whose kernels may get it still.
// `in_settings`: GRUB's settings have it without kdumpkit.
std::string doubt_of_undone_menu(std::string_view path, std::string_view text, std::string_view parameter,
                                 bool in_settings);

// Pure. Whether a kernel of the menu gets `parameter`.
bool grub_menu_has(std::string_view text, std::string_view parameter);

} // namespace kdumpkit::admin
