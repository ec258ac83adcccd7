// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/bytes.h"

#include <algorithm>
#include <charconv>

namespace kdumpkit {

std::optional<std::string_view> ByteReader::c_string(std::uint64_t offset, std::size_t limit) const {
    if (offset > bytes_.size())
        return std::nullopt;
    const auto rest = as_text(bytes_.subspan(offset, std::min<std::uint64_t>(limit, bytes_.size() - offset)));
    return rest.substr(0, rest.find('\0'));
}

std::optional<std::uint64_t> parse_number(std::string_view text, int base) {
    if (base == 0 || base == 16) {
        const bool hex = text.starts_with("0x") || text.starts_with("0X");
        if (hex)
            text.remove_prefix(2);
        if (base == 0)
            base = hex ? 16 : 10;
    }
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    if (error != std::errc() || end != text.data() + text.size())
        return std::nullopt;
    return value;
}

} // namespace kdumpkit
