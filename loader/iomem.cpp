// SPDX-License-Identifier: GPL-2.0-or-later
#include "loader/iomem.h"

#include "base/bytes.h"

#include <algorithm>

#include <fmt/format.h>

namespace kdumpkit::loader {

namespace {

Result<IomemEntry> parse_line(std::string_view line, std::size_t number) {
    const auto corrupt = [&] {
        return fail(ErrorKind::corrupt, "parse", "/proc/iomem",
                    fmt::format("line {} is not \"BEGIN-END : NAME\": \"{}\"", number, line.substr(0, 80)));
    };
    const std::size_t indent = std::min(line.find_first_not_of(' '), line.size());
    const std::string_view rest = line.substr(indent);
    const std::size_t dash = rest.find('-');
    const std::size_t colon = rest.find(" : ");
    if (dash == std::string_view::npos || colon == std::string_view::npos || dash > colon)
        return corrupt();
    const auto first = parse_number(rest.substr(0, dash), 16);
    const auto last = parse_number(rest.substr(dash + 1, colon - dash - 1), 16);
    if (!first || !last || *first > *last)
        return corrupt();
    // A Range cannot hold the very last byte of the address space; nothing that matters here lies there.
    const std::uint64_t end = *last == ~std::uint64_t{0} ? *last : *last + 1;
    return IomemEntry{{*first, end}, std::string(rest.substr(colon + 3)), static_cast<unsigned>(indent / 2)};
}

} // namespace

Result<std::vector<IomemEntry>> parse_iomem(std::string_view text) {
    std::vector<IomemEntry> entries;
    bool any_address = false;
    for (std::size_t begin = 0, number = 1; begin < text.size(); ++number) {
        const std::size_t end = std::min(text.find('\n', begin), text.size());
        const std::string_view line = text.substr(begin, end - begin);
        begin = end + 1;
        if (line.empty())
            continue;
        KDK_ASSIGN(IomemEntry entry, parse_line(line, number));
        any_address = any_address || entry.range.end > 1;
        entries.push_back(std::move(entry));
    }
    if (entries.empty())
        return fail(ErrorKind::absent, "read", "/proc/iomem", "it is empty");
    if (!any_address)
        return fail(make_error(ErrorKind::invalid, "read", "/proc/iomem",
                               "every address is hidden (zero), as the kernel shows it to unprivileged users")
                        .then("run this as root"));
    return entries;
}

RangeSet system_ram(const std::vector<IomemEntry>& entries) {
    RangeSet set;
    for (const IomemEntry& entry : entries)
        if (entry.name == "System RAM" || entry.name.starts_with("System RAM ("))
            set.add(entry.range);
    return set;
}

std::vector<Range> crash_kernel_ranges(const std::vector<IomemEntry>& entries) {
    std::vector<Range> ranges;
    for (const IomemEntry& entry : entries)
        if (entry.name == "Crash kernel")
            ranges.push_back(entry.range);
    std::ranges::sort(ranges, {}, &Range::begin);
    return ranges;
}

Range named_range(const std::vector<IomemEntry>& entries, std::string_view name) {
    const auto found = std::ranges::find(entries, name, &IomemEntry::name);
    return found == entries.end() ? Range{} : found->range;
}

} // namespace kdumpkit::loader
