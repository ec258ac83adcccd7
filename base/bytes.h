// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

namespace kdumpkit {

using Bytes = std::span<const std::byte>;

inline Bytes as_bytes(std::string_view text) {
    return std::as_bytes(std::span(text.data(), text.size()));
}
inline std::string_view as_text(Bytes bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
// The bytes of a fixed-layout struct, for writing headers.
template<class T>
Bytes bytes_of(const T& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    return std::as_bytes(std::span(&value, 1));
}

template<class T>
constexpr T byte_swapped(T value) {
    static_assert(std::is_unsigned_v<T>);
    if constexpr (sizeof(T) == 1)
        return value;
    else if constexpr (sizeof(T) == 2)
        return __builtin_bswap16(value);
    else if constexpr (sizeof(T) == 4)
        return __builtin_bswap32(value);
    else
        return __builtin_bswap64(value);
}

// A bounds-checked, endian-aware view over bytes that somebody else wrote. Offsets are in bytes from its
// start. Every getter answers nullopt outside the view; nothing here reads beyond it.
class ByteReader {
  public:
    explicit ByteReader(Bytes bytes, std::endian order = std::endian::little)
        : bytes_(bytes), order_(order) {}

    [[nodiscard]] std::size_t size() const { return bytes_.size(); }
    [[nodiscard]] Bytes bytes() const { return bytes_; }

    template<class T>
    [[nodiscard]] std::optional<T> get(std::uint64_t offset) const {
        static_assert(std::is_unsigned_v<T>);
        if (offset > bytes_.size() || bytes_.size() - offset < sizeof(T))
            return std::nullopt;
        T value;
        std::memcpy(&value, bytes_.data() + offset, sizeof(T));
        return order_ == std::endian::native ? value : byte_swapped(value);
    }
    [[nodiscard]] std::optional<std::uint8_t> u8(std::uint64_t offset) const {
        return get<std::uint8_t>(offset);
    }
    [[nodiscard]] std::optional<std::uint16_t> u16(std::uint64_t offset) const {
        return get<std::uint16_t>(offset);
    }
    [[nodiscard]] std::optional<std::uint32_t> u32(std::uint64_t offset) const {
        return get<std::uint32_t>(offset);
    }
    [[nodiscard]] std::optional<std::uint64_t> u64(std::uint64_t offset) const {
        return get<std::uint64_t>(offset);
    }

    // A copy of a whole fixed-layout struct, in the order of the machine that wrote it (no swapping).
    template<class T>
    [[nodiscard]] std::optional<T> raw(std::uint64_t offset) const {
        static_assert(std::is_trivially_copyable_v<T>);
        if (offset > bytes_.size() || bytes_.size() - offset < sizeof(T))
            return std::nullopt;
        T value;
        std::memcpy(&value, bytes_.data() + offset, sizeof(T));
        return value;
    }
    [[nodiscard]] std::optional<Bytes> slice(std::uint64_t offset, std::uint64_t length) const {
        if (offset > bytes_.size() || bytes_.size() - offset < length)
            return std::nullopt;
        return bytes_.subspan(offset, length);
    }
    // Text up to a NUL or to `limit` bytes, whichever comes first; nullopt when `offset` is outside.
    [[nodiscard]] std::optional<std::string_view> c_string(std::uint64_t offset, std::size_t limit) const;

  private:
    Bytes bytes_;
    std::endian order_;
};

// "0x1f" or "31" to a number, the whole text or nullopt.
std::optional<std::uint64_t> parse_number(std::string_view text, int base = 0);

} // namespace kdumpkit
