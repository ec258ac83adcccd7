// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/boot_words.h"

#include <functional>

#include <fmt/format.h>
#include <strings.h>

namespace kdumpkit::admin {
namespace {

void each_word(std::string_view line, const std::function<void(std::string_view)>& word) {
    std::size_t begin = 0;
    bool quoted = false, inside = false;
    for (std::size_t i = 0; i <= line.size(); ++i) {
        const bool end =
            i == line.size() || (!quoted && (line[i] == ' ' || line[i] == '\t' || line[i] == '\n'));
        if (i < line.size() && line[i] == '"')
            quoted = !quoted;
        if (end && inside)
            word(line.substr(begin, i - begin));
        if (!end && !inside)
            begin = i;
        inside = !end;
    }
}

bool is_crashkernel(std::string_view word) {
    return word.starts_with("crashkernel=");
}

// Calls `line` for each line, without its break.
void each_line(std::string_view file, const std::function<void(std::string_view, bool last)>& line) {
    while (!file.empty()) {
        const std::size_t end = file.find('\n');
        line(file.substr(0, end), end == std::string_view::npos);
        file.remove_prefix(end == std::string_view::npos ? file.size() : end + 1);
    }
}

std::string_view without_indent(std::string_view line) {
    const std::size_t begin = line.find_first_not_of(" \t");
    return begin == std::string_view::npos ? std::string_view() : line.substr(begin);
}

// What follows `keyword` on a line that begins with it; nullopt for another line.
std::optional<std::string_view> after_keyword(std::string_view line, std::string_view keyword) {
    const std::string_view text = without_indent(line);
    if (text.size() <= keyword.size() || ::strncasecmp(text.data(), keyword.data(), keyword.size()) != 0 ||
        (text[keyword.size()] != ' ' && text[keyword.size()] != '\t'))
        return std::nullopt;
    return without_indent(text.substr(keyword.size()));
}

bool assigns(std::string_view line, std::string_view name) {
    line = without_indent(line);
    return line.starts_with(name) && line.substr(name.size()).starts_with("=");
}

// NAME=VALUE of a file that a shell reads, as it is written there.
struct Assignment {
    char quote = 0; // the one around the value; 0: none
    bool closed = true;
    std::string_view value;  // without the quotes
    std::string_view behind; // what is on the line after it
};

std::optional<Assignment> last_assignment(std::string_view file, std::string_view name) {
    std::optional<Assignment> found;
    each_line(file, [&](std::string_view line, bool) {
        if (!assigns(line, name))
            return;
        Assignment one;
        std::string_view text = without_indent(line).substr(name.size() + 1);
        if (!text.empty() && (text.front() == '"' || text.front() == '\'')) {
            one.quote = text.front();
            text.remove_prefix(1);
        }
        const std::size_t end = one.quote != 0 ? text.find(one.quote) : text.find_first_of(" \t#");
        one.value = text.substr(0, end);
        one.closed = one.quote == 0 || end != std::string_view::npos;
        if (end != std::string_view::npos)
            one.behind = without_indent(text.substr(end + (one.quote != 0 ? 1 : 0)));
        found = one;
    });
    return found;
}

} // namespace

std::string with_crashkernel(std::string_view line, std::string_view parameter) {
    std::string out;
    const auto add = [&](std::string_view word) { out += (out.empty() ? "" : " ") + std::string(word); };
    each_word(line, [&](std::string_view word) {
        if (!is_crashkernel(word))
            add(word);
    });
    if (!parameter.empty())
        add(parameter);
    return out;
}

std::string crashkernel_words(std::string_view line) {
    std::string out;
    each_word(line, [&](std::string_view word) {
        if (is_crashkernel(word))
            out += (out.empty() ? "" : " ") + std::string(word);
    });
    return out;
}

bool has_crashkernel(std::string_view line, std::string_view parameter) {
    return (" " + crashkernel_words(line) + " ").find(" " + std::string(parameter) + " ") !=
           std::string::npos;
}

std::optional<std::string> shell_value(std::string_view file, std::string_view name) {
    const auto found = last_assignment(file, name);
    return found ? std::optional(std::string(found->value)) : std::nullopt;
}

bool is_plain_shell_value(std::string_view file, std::string_view name) {
    const auto found = last_assignment(file, name);
    if (!found)
        return true;
    // What a shell would expand in double quotes it expands without quotes too, but not in single ones.
    const char* const changing = found->quote == '"' ? "\\" : found->quote == '\'' ? "\\\"$`" : "\\\"'";
    return found->closed && (found->behind.empty() || found->behind.front() == '#') &&
           found->value.find_first_of(changing) == std::string_view::npos;
}

std::string with_shell_value(std::string_view file, std::string_view name, std::string_view value) {
    const std::string wanted = fmt::format("{}=\"{}\"", name, value);
    // The last one counts.
    std::size_t count = 0, seen = 0;
    each_line(file, [&](std::string_view line, bool) { count += assigns(line, name) ? 1 : 0; });
    std::string out;
    each_line(file, [&](std::string_view line, bool last) {
        out += assigns(line, name) && ++seen == count ? wanted : std::string(line);
        out += last ? "" : "\n";
    });
    if (count != 0)
        return out;
    if (!out.empty() && out.back() != '\n')
        out += '\n';
    return out + wanted + "\n";
}

std::string with_crashkernel_lines(std::string_view file, std::string_view keyword,
                                   std::string_view parameter) {
    std::string out;
    each_line(file, [&](std::string_view line, bool last) {
        const auto rest = after_keyword(line, keyword);
        if (rest)
            out +=
                std::string(line.substr(0, line.size() - rest->size())) + with_crashkernel(*rest, parameter);
        else
            out += line;
        out += last ? "" : "\n";
    });
    return out;
}

std::string crashkernel_words_in_lines(std::string_view file, std::string_view keyword) {
    std::string words;
    each_line(file, [&](std::string_view line, bool) {
        if (const auto rest = after_keyword(line, keyword); rest && words.empty())
            words = crashkernel_words(*rest);
    });
    return words;
}

} // namespace kdumpkit::admin
