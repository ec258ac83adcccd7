// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/boot_files.h"

#include "base/text.h"

#include <fmt/format.h>
#include <strings.h>

namespace kdumpkit::admin {
namespace {

// A line that begins with `keyword`; capitals do not matter.
std::optional<WordsInLine> after_keyword(std::string_view line, std::string_view keyword) {
    const std::size_t begin = line.find_first_not_of(" \t");
    if (begin == std::string_view::npos || line.size() - begin < keyword.size() ||
        ::strncasecmp(line.data() + begin, keyword.data(), keyword.size()) != 0)
        return std::nullopt;
    const std::size_t end = begin + keyword.size();
    if (end < line.size() && line[end] != ' ' && line[end] != '\t')
        return std::nullopt;
    const std::size_t words = std::min(line.find_first_not_of(" \t", end), line.size());
    const std::string_view blank = words == end ? " " : "";
    return WordsInLine{std::string(line.substr(0, words)) + std::string(blank),
                       std::string(line.substr(words)), ""};
}

bool has_keyword(const LineEdit& line, std::string_view keyword) {
    return words_in(*line.before, [&](std::string_view text) { return after_keyword(text, keyword); })
        .has_value();
}

// As the line before it is indented and ends.
std::string line_like(const LineEdit& model, std::string_view text) {
    const std::string& line = *model.before;
    return fmt::format("{}{}{}", line.substr(0, std::min(line.find_first_not_of(" \t"), line.size())), text,
                       line.ends_with('\r') ? "\r" : "");
}

// Several lines make one command line: the last of them gets the parameter.
void set_in_last(LineEdits& lines, const FindWords& find, std::string_view parameter, LineEdit* last) {
    for (LineEdit& line : lines)
        set_crashkernel(line, find, &line == last ? parameter : std::string_view());
}

LineEdit* last_with_words(LineEdits& lines, const FindWords& find) {
    LineEdit* last = nullptr;
    for (LineEdit& line : lines)
        if (words_in(*line.before, find))
            last = &line;
    return last;
}

} // namespace

FindWords words_of_boot_entry() {
    return [](std::string_view line) { return after_keyword(line, "options"); };
}

LineEdits edit_boot_entry(std::string_view text, std::string_view parameter) {
    LineEdits lines = lines_of(text);
    LineEdit* const last = last_with_words(lines, words_of_boot_entry());
    if (last != nullptr) {
        set_in_last(lines, words_of_boot_entry(), parameter, last);
        return lines;
    }
    for (std::size_t i = 0; i < lines.size(); ++i)
        if (has_keyword(lines[i], "linux")) {
            const std::string added = line_like(lines[i], fmt::format("options {}", parameter));
            lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(i) + 1, {std::nullopt, added});
            break;
        }
    return lines;
}

FindWords words_of_extlinux() {
    return [](std::string_view line) { return after_keyword(line, "append"); };
}

LineEdits edit_extlinux(std::string_view text, std::string_view parameter) {
    const FindWords find = words_of_extlinux();
    LineEdits lines;
    bool for_all = false, in_label = false, has_append = false;
    std::size_t kernel_at = 0; // in `lines`, one more than the label's kernel line; 0: none
    const auto end_label = [&] {
        if (kernel_at != 0 && !has_append && !for_all)
            lines.insert(
                lines.begin() + static_cast<std::ptrdiff_t>(kernel_at),
                {std::nullopt, line_like(lines[kernel_at - 1], fmt::format("append {}", parameter))});
        kernel_at = 0;
        has_append = false;
    };
    for (LineEdit& line : lines_of(text)) {
        if (has_keyword(line, "label")) {
            end_label();
            in_label = true;
        }
        if (words_in(*line.before, find)) {
            set_crashkernel(line, find, parameter);
            (in_label ? has_append : for_all) = true;
        }
        const bool kernel = in_label && (has_keyword(line, "linux") || has_keyword(line, "kernel"));
        lines.push_back(std::move(line));
        if (kernel)
            kernel_at = lines.size();
    }
    end_label();
    return lines;
}

FindWords words_of_kernel_cmdline() {
    return [](std::string_view line) {
        return trimmed(line).empty() ? std::nullopt : std::optional(WordsInLine{"", std::string(line), ""});
    };
}

LineEdits edit_kernel_cmdline(std::string_view text, std::string_view parameter) {
    LineEdits lines = lines_of(text);
    LineEdit* const last = last_with_words(lines, words_of_kernel_cmdline());
    if (last != nullptr)
        set_in_last(lines, words_of_kernel_cmdline(), parameter, last);
    else
        lines.push_back({std::nullopt, std::string(parameter)});
    return lines;
}

} // namespace kdumpkit::admin
