// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/memory_watch.h"

#include "base/file.h"

#include <algorithm>
#include <charconv>

namespace kdumpkit::capture {
namespace {

std::optional<std::uint64_t> field(std::string_view text, std::string_view key) {
    auto at = text.find(key);
    if (at == std::string_view::npos || (at != 0 && text[at - 1] != '\n'))
        return std::nullopt;
    at = text.find_first_not_of(' ', at + key.size());
    if (at == std::string_view::npos)
        return std::nullopt;
    std::uint64_t value = 0;
    const auto parsed = std::from_chars(text.data() + at, text.data() + text.size(), value);
    return parsed.ec == std::errc() ? std::optional(value) : std::nullopt;
}

} // namespace

std::optional<Meminfo> parse_meminfo(std::string_view text) {
    const auto total = field(text, "MemTotal:");
    const auto available = field(text, "MemAvailable:");
    if (!total || !available)
        return std::nullopt;
    return Meminfo{*total, *available};
}

void MemoryWatch::sample() {
    const auto text = read_text(path_, std::size_t{64} << 10);
    const auto now = text ? parse_meminfo(*text) : std::nullopt;
    if (!now)
        return;
    if (!start_)
        start_ = now;
    lowest_ = std::min(lowest_.value_or(now->available), now->available);
}

std::optional<std::uint64_t> MemoryWatch::peak_taken() const {
    if (!start_ || !lowest_)
        return std::nullopt;
    return start_->available - std::min(start_->available, *lowest_);
}

} // namespace kdumpkit::capture
