// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace kdumpkit::dump {

// A member of a struct: bytes from the start of that struct, and its size.
struct TypeMember {
    std::uint64_t offset = 0;
    std::uint64_t size = 0;     // 0 when not known
    std::uint64_t elements = 0; // of an array, else 0
    std::uint32_t type = 0;     // the source's own number
};

// Somebody who knows a kernel's types: its BTF, or DWARF. Members of anonymous structs and unions count as
// members of what holds them.
class TypeSource {
  public:
    virtual ~TypeSource() = default;
    [[nodiscard]] virtual std::optional<std::uint64_t> size_of(std::string_view name) const = 0;
    // "a.b" walks into member structs.
    [[nodiscard]] virtual std::optional<TypeMember> member(std::string_view structure,
                                                           std::string_view path) const = 0;
    [[nodiscard]] virtual std::optional<std::int64_t> enumerator(std::string_view enumeration,
                                                                 std::string_view name) const = 0;
};

} // namespace kdumpkit::dump
