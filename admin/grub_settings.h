// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "admin/boot_tree.h"
#include "admin/line_edits.h"
#include "base/error.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kdumpkit::admin {

// Pure: /etc/default/grub, and /etc/default/grub.d where grub-mkconfig reads that (Debian's does).
bool has_grub(const BootTree& tree);
// Paths and texts in the order in which they are read.
std::vector<std::pair<std::string, std::string>> grub_files(const BootTree& tree);
// kdumpkit's own file in that folder.
std::string grub_dropin_text(std::string_view parameter);
// Whether kdumpkit has written that, with whatever parameter.
bool is_grub_dropin(std::string_view text);
// /etc/default/grub with `parameter` as the only crashkernel= words of both variables that make the command
// line; `unsupported` for a value that cannot be written again.
Result<LineEdits> edit_grub_defaults(std::string_view text, std::string_view parameter);
FindWords words_of_grub_defaults();

// Whether a kernel would take `parameter` out of what `files` make. What speaks against it is an error that
// names the file; `notes` gets what could not be followed.
Result<> check_grub(const std::vector<std::pair<std::string, std::string>>& files, std::string_view parameter,
                    std::vector<std::string>& notes);

} // namespace kdumpkit::admin
