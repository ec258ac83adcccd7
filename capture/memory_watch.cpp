// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/memory_watch.h"

#include "base/file.h"
#include "base/text.h"

#include <algorithm>

namespace kdumpkit::capture {

std::optional<Meminfo> parse_meminfo(std::string_view text) {
    const auto total = kib_of(text, "MemTotal");
    const auto available = kib_of(text, "MemAvailable");
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
