// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "admin/line_edits.h"
#include "base/error.h"

#include <optional>
#include <string>
#include <string_view>

namespace kdumpkit::admin {

// Pure: NAME=VALUE in a file that a shell reads, of which the last one counts.

// Its value without the quotes; nullopt when there is none. $, ` and \ in it count as text.
std::optional<std::string> shell_value(std::string_view file, std::string_view name);
// Has the value have `parameter` as its only crashkernel= words; where there is none, a line is added with
// `standard` and the parameter. `unsupported` for a value that, written in double quotes, would not mean the
// same to the shell again. `path` is for the message.
struct ShellEdit {
    std::string_view name, standard, parameter;
};
Result<LineEdits> edit_shell_value(const std::string& path, std::string_view file, const ShellEdit& edit);
// The value in a line that assigns `name`.
FindWords words_of_assignment(std::string name);

} // namespace kdumpkit::admin
