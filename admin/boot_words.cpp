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
    std::optional<std::string> found;
    each_line(file, [&](std::string_view line, bool) {
        if (!assigns(line, name))
            return;
        std::string_view value = without_indent(line).substr(name.size() + 1);
        if (!value.empty() && (value.front() == '"' || value.front() == '\'')) {
            const std::size_t end = value.find(value.front(), 1);
            value = value.substr(1, end == std::string_view::npos ? std::string_view::npos : end - 1);
        } else {
            value = value.substr(0, value.find_first_of(" \t#"));
        }
        found = std::string(value);
    });
    return found;
}

bool is_plain_shell_value(std::string_view file, std::string_view name) {
    bool plain = true;
    each_line(file, [&](std::string_view line, bool) {
        if (!assigns(line, name))
            return;
        std::string_view value = without_indent(line).substr(name.size() + 1);
        std::string_view behind;
        const char quote =
            !value.empty() && (value.front() == '"' || value.front() == '\'') ? value.front() : 0;
        const std::size_t end = quote != 0 ? value.find(quote, 1) : value.find_first_of(" \t#");
        if (end != std::string_view::npos)
            behind = value.substr(end + (quote != 0 ? 1 : 0));
        value = value.substr(quote != 0 ? 1 : 0,
                             end == std::string_view::npos ? end : end - (quote != 0 ? 1 : 0));
        behind = without_indent(behind);
        // What a shell would expand in double quotes it expands without quotes too, but not in single ones.
        plain = (quote == 0 || end != std::string_view::npos) && (behind.empty() || behind.front() == '#') &&
                value.find_first_of(quote == '"' ? "\\"
                                    : quote == 0 ? "\\\"'"
                                                 : "\\\"$`") == std::string_view::npos;
    });
    return plain;
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
