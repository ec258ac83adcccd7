// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/shell_value.h"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

namespace kdumpkit::admin {
namespace {

std::string_view without_indent(std::string_view line) {
    const std::size_t begin = line.find_first_not_of(" \t");
    return begin == std::string_view::npos ? std::string_view() : line.substr(begin);
}

// NAME=VALUE as it is written on a line.
struct Assignment {
    std::string_view start;  // up to the value and its quote
    char quote = 0;          // the one around the value; 0: none
    bool closed = true;      // on the same line
    std::string_view value;  // without the quotes
    std::string_view behind; // what is on the line after it
};

std::optional<Assignment> assignment_in(std::string_view line, std::string_view name) {
    const std::string_view text = without_indent(line);
    if (!text.starts_with(name) || !text.substr(name.size()).starts_with("="))
        return std::nullopt;
    Assignment one;
    std::string_view rest = text.substr(name.size() + 1);
    one.start = line.substr(0, line.size() - rest.size());
    if (!rest.empty() && (rest.front() == '"' || rest.front() == '\'')) {
        one.quote = rest.front();
        rest.remove_prefix(1);
    }
    const std::size_t end = one.quote != 0
                                ? rest.find(one.quote)
                                : rest.find_first_of(" \t\r"); // "#" begins a comment only behind a blank
    one.value = rest.substr(0, end);
    one.closed = one.quote == 0 || end != std::string_view::npos;
    if (end != std::string_view::npos)
        one.behind = rest.substr(end + (one.quote != 0 ? 1 : 0));
    return one;
}

// Whether a shell may give `name` a value in another way: with "export", "+=" or inside of braces.
bool is_set_otherwise(std::string_view file, std::string_view name) {
    for (std::size_t at = file.find(name); at != std::string_view::npos; at = file.find(name, at + 1)) {
        const std::string_view line = without_indent(file.substr(file.rfind('\n', at) + 1));
        const std::string_view behind = file.substr(at + name.size());
        const bool part = at > 0 && (std::isalnum(static_cast<unsigned char>(file[at - 1])) != 0 ||
                                     file[at - 1] == '_'); // of another name
        if (!part && !line.starts_with('#') && (behind.starts_with("=") || behind.starts_with("+=")))
            return true;
    }
    return false;
}

std::optional<Assignment> last_assignment(std::string_view file, std::string_view name) {
    std::optional<Assignment> found;
    while (!file.empty()) {
        const std::size_t end = std::min(file.find('\n'), file.size());
        if (const auto one = assignment_in(file.substr(0, end), name))
            found = one;
        file.remove_prefix(std::min(end + 1, file.size()));
    }
    return found;
}

// Why the value cannot be written again in double quotes and mean the same; empty: it can, or there is none.
std::string why_not_plain(std::string_view file, std::string_view name) {
    if (file.find("\r\n") != std::string_view::npos)
        return "its lines end as on Windows (CRLF), and a shell takes the CR as a part of the value";
    const auto found = last_assignment(file, name);
    if (!found)
        return {};
    // What a shell would expand in double quotes it expands without quotes too, but not in single ones.
    const char* const changing = found->quote == '"'    ? "\\"
                                 : found->quote == '\'' ? "\\\"$`"
                                                        : "\\\"';&|()<>~";
    const std::string_view behind = without_indent(found->behind);
    const bool plain = found->closed &&
                       (behind.empty() || (behind.front() == '#' && behind != found->behind)) &&
                       found->value.find_first_of(changing) == std::string_view::npos;
    return plain ? "" : "a backslash, a quote inside or a second line: it would not mean the same again";
}

} // namespace

std::optional<std::string> shell_value(std::string_view file, std::string_view name) {
    const auto found = last_assignment(file, name);
    return found ? std::optional(std::string(found->value)) : std::nullopt;
}

FindWords words_of_assignment(std::string name) {
    return [name = std::move(name)](std::string_view line) {
        const auto one = assignment_in(line, name);
        return one ? std::optional(WordsInLine{std::string(one->start) + '"', std::string(one->value),
                                               '"' + std::string(one->behind)})
                   : std::nullopt;
    };
}

Result<LineEdits> edit_shell_value(const std::string& path, std::string_view file, const ShellEdit& edit) {
    const std::string reason = why_not_plain(file, edit.name);
    if (!reason.empty())
        return fail(
            make_error(ErrorKind::unsupported, "edit", fmt::format("{} in {}", edit.name, path), reason)
                .then(fmt::format("write {} into it by hand, or make the value one plain quoted line",
                                  edit.parameter)));
    LineEdits lines = lines_of(file);
    const FindWords find = words_of_assignment(std::string(edit.name));
    LineEdit* last = nullptr;
    for (LineEdit& line : lines)
        if (find(*line.before))
            last = &line;
    if (last != nullptr)
        set_crashkernel(*last, find, edit.parameter);
    else // what it has already stays
        lines.push_back({std::nullopt, fmt::format("{}=\"{}\"", edit.name,
                                                   with_crashkernel(is_set_otherwise(file, edit.name)
                                                                        ? fmt::format("${}", edit.name)
                                                                        : std::string(edit.standard),
                                                                    edit.parameter))});
    return lines;
}

} // namespace kdumpkit::admin
