// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace kdumpkit::admin {

// Pure edits of the places where boot loaders keep the kernel's command line.

// `line` without its crashkernel= words, and with `parameter` ("crashkernel=192M") as its last word; an empty
// parameter only takes away. Words are separated by blanks outside double quotes.
std::string with_crashkernel(std::string_view line, std::string_view parameter);
// The crashkernel= words of `line`, with blanks between them.
std::string crashkernel_words(std::string_view line);
// Whether the words of `parameter` ("crashkernel=192M") are among them, one after the other.
bool has_crashkernel(std::string_view line, std::string_view parameter);

// The value of the last NAME=VALUE of a file that a shell reads, without its quotes; nullopt when there is
// none, or none that a person would not leave to a shell ($, ` or \ in it count as text).
std::optional<std::string> shell_value(std::string_view file, std::string_view name);
// Whether that value can be written again in double quotes and mean the same to the shell: no backslash, no
// quote inside, nothing but a comment behind it, no end on a later line. True when there is none.
bool is_plain_shell_value(std::string_view file, std::string_view name);
// The same file with that value in double quotes; appended when there is none.
std::string with_shell_value(std::string_view file, std::string_view name, std::string_view value);

// Every line that begins with `keyword` (leading blanks and capitals do not matter), such as "options" of a
// boot loader entry or "append" of extlinux, with its rest edited by with_crashkernel.
std::string with_crashkernel_lines(std::string_view file, std::string_view keyword,
                                   std::string_view parameter);
// The crashkernel= words of the first such line that has any.
std::string crashkernel_words_in_lines(std::string_view file, std::string_view keyword);

} // namespace kdumpkit::admin
