// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/kernel/vmcoreinfo.h"

#include "base/bytes.h"

#include <fmt/format.h>

namespace kdumpkit::dump {

namespace {

constexpr std::size_t max_keys = 4096;

std::optional<std::uint64_t> to_number(std::optional<std::string_view> text, int base) {
    return text ? parse_number(*text, base) : std::nullopt;
}

} // namespace

VmcoreInfo VmcoreInfo::parse(std::string_view text) {
    VmcoreInfo info;
    while (!text.empty() && info.values_.size() < max_keys) {
        const std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(text.size(), line.size() + 1));
        const std::size_t equals = line.find('=');
        if (equals != std::string_view::npos && equals != 0)
            info.values_.emplace(line.substr(0, equals), line.substr(equals + 1));
    }
    return info;
}

std::optional<std::string_view> VmcoreInfo::text(std::string_view key) const {
    const auto found = values_.find(key);
    return found == values_.end() ? std::nullopt : std::optional<std::string_view>(found->second);
}

std::optional<std::string_view> VmcoreInfo::wrapped(std::string_view kind, std::string_view name) const {
    return text(fmt::format("{}({})", kind, name));
}

std::optional<std::uint64_t> VmcoreInfo::symbol(std::string_view name) const {
    return to_number(wrapped("SYMBOL", name), 16);
}

std::optional<std::uint64_t> VmcoreInfo::offset(std::string_view name) const {
    return to_number(wrapped("OFFSET", name), 10);
}

std::optional<std::uint64_t> VmcoreInfo::size(std::string_view name) const {
    return to_number(wrapped("SIZE", name), 10);
}

std::optional<std::uint64_t> VmcoreInfo::length(std::string_view name) const {
    return to_number(wrapped("LENGTH", name), 10);
}

std::optional<std::int64_t> VmcoreInfo::number(std::string_view name) const {
    auto text = wrapped("NUMBER", name);
    if (!text)
        return std::nullopt;
    const bool negative = text->starts_with('-');
    if (negative)
        text->remove_prefix(1);
    const bool hex = text->starts_with("0x");
    if (hex)
        text->remove_prefix(2);
    const auto value = parse_number(*text, hex ? 16 : 10);
    if (!value)
        return std::nullopt;
    return static_cast<std::int64_t>(negative ? 0 - *value : *value);
}

std::optional<std::uint64_t> VmcoreInfo::decimal(std::string_view key) const {
    return to_number(text(key), 10);
}

} // namespace kdumpkit::dump
