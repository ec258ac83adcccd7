// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/option_values.h"

#include "base/bytes.h"
#include "base/range.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace kdumpkit::dump {

Failure wrong_use(std::string object, std::string reason, std::string next) {
    return Failure(
        make_error(ErrorKind::invalid, "use", std::move(object), std::move(reason)).then(std::move(next)));
}

Result<unsigned> number_value(std::string_view option, std::string_view value, unsigned highest,
                              unsigned lowest) {
    const auto parsed = parse_number(value);
    if (!parsed || *parsed > highest || *parsed < lowest)
        return wrong_use(fmt::format("{} {}", option, value),
                         fmt::format("a number from {} to {} is needed", lowest, highest));
    return static_cast<unsigned>(*parsed);
}

Result<bool> on_or_off_value(const std::string& name, const std::string& value) {
    if (value != "on" && value != "off")
        return wrong_use(fmt::format("{} {}", name, value), "on or off is needed");
    return value == "on";
}

Result<std::string> file_value(const std::string& name, const std::string& value) {
    if (value.empty())
        return wrong_use(name, "it needs a file");
    return value;
}

Result<std::uint64_t> size_value(const std::string& name, const std::string& value) {
    constexpr std::string_view units = "KMG";
    std::string_view digits = value;
    std::uint64_t unit = 1;
    if (!digits.empty())
        if (const auto at = units.find(digits.back()); at != std::string_view::npos) {
            unit = std::uint64_t{1024} << (10 * at);
            digits.remove_suffix(1);
        }
    const auto parsed = parse_number(digits);
    if (!parsed || *parsed == 0 || *parsed > UINT64_MAX / unit)
        return wrong_use(fmt::format("{} {}", name, value),
                         "a size in bytes is needed, or one with K, M or G behind it");
    return *parsed * unit;
}

std::vector<std::string> words_of(std::string_view list) {
    std::vector<std::string> found;
    for (std::size_t begin = 0; begin <= list.size();) {
        const std::size_t end = std::min(list.find(',', begin), list.size());
        found.emplace_back(list.substr(begin, end - begin));
        begin = end + 1;
    }
    return found;
}

} // namespace kdumpkit::dump
