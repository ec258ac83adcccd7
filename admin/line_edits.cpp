// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/line_edits.h"

#include <algorithm>
#include <iterator>
#include <set>

#include <fmt/format.h>

namespace kdumpkit::admin {
namespace {

std::string earlier_words(const LineEdit& edit, const FindWords& find) {
    const auto words = edit.before ? words_in(*edit.before, find) : std::nullopt;
    return words ? crashkernel_words(words->words) : "";
}

// With their numbers.
LineEdits chosen(const LineEdits& lines, const std::function<bool(const LineEdit&)>& wanted) {
    LineEdits some;
    std::size_t number = 0;
    for (const LineEdit& line : lines) {
        number += line.after ? 1 : 0;
        if (!wanted(line))
            continue;
        some.push_back(line);
        some.back().number = line.after ? number : 0;
    }
    return some;
}

} // namespace

LineEdits lines_of(std::string_view text) {
    LineEdits lines;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        const std::string line(text.substr(0, end));
        lines.push_back({line, line, 0});
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return lines;
}

std::string text_of(const LineEdits& lines, std::string_view like) {
    std::string text;
    for (const LineEdit& line : lines)
        if (line.after)
            text += *line.after + "\n";
    if (!text.empty() && !like.empty() && like.back() != '\n')
        text.pop_back();
    return text;
}

LineEdits only_changed(const LineEdits& lines) {
    return chosen(lines, [](const LineEdit& line) { return line.before != line.after; });
}

LineEdits only_kept(const LineEdits& lines, std::string_view parameter) {
    return chosen(lines, [&](const LineEdit& line) {
        return line.before == line.after && line.before->find(parameter) != std::string::npos;
    });
}

LineEdits difference(std::string_view before, std::string_view after) {
    const LineEdits earlier = lines_of(before), later = lines_of(after);
    const auto has = [](const LineEdits& lines, const LineEdit& line) {
        return std::find(lines.begin(), lines.end(), line) != lines.end();
    };
    LineEdits changed;
    for (const LineEdit& line : earlier)
        if (!has(later, line))
            changed.push_back({line.before, std::nullopt, 0});
    for (const LineEdit& line : later)
        if (!has(earlier, line))
            changed.push_back({std::nullopt, line.after, 0});
    return changed;
}

std::optional<WordsInLine> words_in(std::string_view line, const FindWords& find) {
    const bool has_return = line.ends_with('\r');
    auto found = find(line.substr(0, line.size() - (has_return ? 1 : 0)));
    if (found && has_return)
        found->behind += '\r';
    return found;
}

void set_crashkernel(LineEdit& line, const FindWords& find, std::string_view parameter) {
    const auto found = line.after ? words_in(*line.after, find) : std::nullopt;
    if (found && crashkernel_words(found->words) != parameter)
        line.after = found->before + with_crashkernel(found->words, parameter) + found->behind;
}

TakenBack take_back_lines(std::string_view text, const LineEdits& written, const FindWords& find,
                          std::string_view parameter) {
    TakenBack back{lines_of(text), {}};
    std::vector<bool> used(written.size(), false), done(back.lines.size(), false);
    // First where it was written, then wherever it is now: texts may be there twice.
    for (const bool same_place : {true, false})
        for (std::size_t i = 0; i < back.lines.size(); ++i)
            for (std::size_t j = 0; j < written.size() && !done[i]; ++j)
                if (!used[j] && written[j].after == back.lines[i].before &&
                    (!same_place || written[j].number == i + 1)) {
                    back.lines[i].after = written[j].before;
                    used[j] = done[i] = true;
                }
    std::set<std::string> earlier; // of the lines that are no longer as they were written
    for (std::size_t j = 0; j < written.size(); ++j)
        if (!used[j])
            earlier.insert(earlier_words(written[j], find));
    const bool clear = earlier.size() == 1;
    bool edited = false;
    for (std::size_t i = 0; i < back.lines.size(); ++i) {
        const auto found = done[i] ? std::nullopt : words_in(*back.lines[i].before, find);
        const std::string now = found ? crashkernel_words(found->words) : "";
        if (now == parameter) {
            set_crashkernel(back.lines[i], find, clear ? *earlier.begin() : "");
            edited = true;
        } else if (!now.empty()) {
            back.left.push_back(
                fmt::format("{} in line {} is not what kdumpkit wrote, and stays", now, i + 1));
        }
    }
    earlier.erase("");
    if (!earlier.empty() && !(edited && clear))
        back.left.push_back(
            fmt::format("it was edited since kdumpkit wrote it, so that {}, there before, does "
                        "not come back",
                        fmt::join(earlier, " and ")));
    return back;
}

} // namespace kdumpkit::admin
