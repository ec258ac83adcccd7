// SPDX-License-Identifier: GPL-2.0-or-later
#include "config/foreign_format.h"

#include "base/text.h"
#include "config/shell_assignments.h"

#include <algorithm>

namespace kdumpkit {
namespace {

// "KEY VALUE", a comment begins anywhere with a blank and #.
ForeignEntry read_words(unsigned number, std::string_view line) {
    ForeignEntry entry{number, {}, {}, {}};
    const std::size_t end = std::min(line.find_first_of(" \t"), line.size());
    entry.key = line.substr(0, end);
    std::string_view value = line.substr(end);
    for (std::size_t at = value.find('#'); at != std::string_view::npos; at = value.find('#', at + 1))
        if (at > 0 && (value[at - 1] == ' ' || value[at - 1] == '\t')) {
            value = value.substr(0, at);
            break;
        }
    entry.value = trimmed(value);
    if (entry.value.size() >= 2 && entry.value.front() == '"' && entry.value.back() == '"')
        entry.value = entry.value.substr(1, entry.value.size() - 2);
    return entry;
}

std::vector<ForeignEntry> lines_of_words(std::string_view text) {
    std::vector<ForeignEntry> entries;
    for (unsigned number = 1; !text.empty(); ++number) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        const std::string_view line = trimmed(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
        if (!line.empty() && line.front() != '#')
            entries.push_back(read_words(number, line));
    }
    return entries;
}

} // namespace

std::vector<ForeignEntry> foreign_entries(std::string_view text, ForeignFormat format) {
    if (text.starts_with("\xef\xbb\xbf")) // the mark that some editors put before UTF-8
        text.remove_prefix(3);
    if (format == ForeignFormat::rhel_conf)
        return lines_of_words(text);
    std::vector<ForeignEntry> entries;
    for (ShellAssignment& one : shell_assignments(text))
        entries.push_back({one.line, std::move(one.name), std::move(one.value), std::move(one.trouble)});
    return entries;
}

} // namespace kdumpkit
