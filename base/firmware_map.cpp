// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/firmware_map.h"

#include "base/bytes.h"
#include "base/file.h"

#include <algorithm>
#include <filesystem>

namespace kdumpkit {

std::optional<Range> FirmwareRange::range() const {
    const auto first = parse_number(start, 0), last = parse_number(end, 0);
    if (!first || !last || *first > *last || *last == ~std::uint64_t{0})
        return std::nullopt;
    return Range{*first, *last + 1};
}

std::vector<unsigned> numbered_entries(const std::string& folder, std::string_view prefix) {
    std::vector<unsigned> numbers;
    std::error_code error;
    for (std::filesystem::directory_iterator it(folder, error), end; !error && it != end;
         it.increment(error)) {
        const std::string name = it->path().filename();
        if (!name.starts_with(prefix))
            continue;
        const auto number = parse_number(std::string_view(name).substr(prefix.size()), 10);
        if (number && *number < (1U << 20))
            numbers.push_back(static_cast<unsigned>(*number));
    }
    std::ranges::sort(numbers);
    return numbers;
}

std::vector<FirmwareRange> read_firmware_map(const std::string& sysfs) {
    const std::string folder = sysfs + "/firmware/memmap";
    std::vector<FirmwareRange> map;
    for (const unsigned number : numbered_entries(folder, "")) {
        const auto text = [&](const char* name) {
            const std::string path = folder + "/" + std::to_string(number) + "/" + name;
            const std::string content = read_text(path, 4096).value_or(std::string());
            return content.substr(0, content.find('\n'));
        };
        map.push_back({text("start"), text("end"), text("type")});
    }
    return map;
}

RangeSet ram_of(const std::vector<FirmwareRange>& map) {
    RangeSet ram;
    for (const FirmwareRange& one : map)
        if (const auto range = one.range(); range && one.type == "System RAM")
            ram.add(*range);
    return ram;
}

} // namespace kdumpkit
