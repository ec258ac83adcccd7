// SPDX-License-Identifier: GPL-2.0-or-later
#include "config/foreign_format.h"

#include "base/text.h"

#include <algorithm>

namespace kdumpkit {
namespace {

std::string unquoted(std::string_view text) {
    if (!text.empty() && (text.front() == '"' || text.front() == '\'')) {
        const std::size_t end = text.find(text.front(), 1);
        return std::string(text.substr(1, end == std::string_view::npos ? end : end - 1));
    }
    return std::string(trimmed(text.substr(0, text.find('#'))));
}

bool is_name(std::string_view text) {
    return !text.empty() && text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                                   "0123456789_") == std::string_view::npos;
}

// "KEY VALUE", a comment begins anywhere with a blank and #.
void read_words(std::string_view line, ForeignEntry entry, std::vector<ForeignEntry>& entries) {
    const std::size_t end = std::min(line.find_first_of(" \t"), line.size());
    entry.key = line.substr(0, end);
    std::string_view value = trimmed(line.substr(end));
    entry.value = trimmed(value.substr(0, value.find(" #")));
    if (entry.value.size() >= 2 && entry.value.front() == '"' && entry.value.back() == '"')
        entry.value = entry.value.substr(1, entry.value.size() - 2);
    entries.push_back(std::move(entry));
}

void read_assignment(std::string_view line, ForeignEntry entry, std::vector<ForeignEntry>& entries) {
    if (line.starts_with("export "))
        line = trimmed(line.substr(7));
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos || !is_name(line.substr(0, equals)))
        return;
    entry.key = line.substr(0, equals);
    entry.value = unquoted(line.substr(equals + 1));
    entries.push_back(std::move(entry));
}

} // namespace

std::vector<ForeignEntry> foreign_entries(std::string_view text, ForeignFormat format) {
    std::vector<ForeignEntry> entries;
    unsigned number = 0;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        const std::string_view line = trimmed(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
        ++number;
        if (line.empty() || line.front() == '#')
            continue;
        if (format == ForeignFormat::rhel_conf)
            read_words(line, {number, {}, {}}, entries);
        else
            read_assignment(line, {number, {}, {}}, entries);
    }
    return entries;
}

} // namespace kdumpkit
