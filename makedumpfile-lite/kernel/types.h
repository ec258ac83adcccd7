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

// Walks a path such as "a.b" from the struct `place` on. `member(place, name)` gives the member and moves
// `place` to its type, in the source's own terms.
template<class Place, class Member>
std::optional<TypeMember> walk_members(std::optional<Place> place, std::string_view path, Member member) {
    std::uint64_t base = 0;
    while (place) {
        const std::size_t dot = path.find('.');
        std::optional<TypeMember> found = member(*place, path.substr(0, dot));
        if (!found)
            return std::nullopt;
        found->offset += base;
        if (dot == std::string_view::npos)
            return found;
        base = found->offset;
        path.remove_prefix(dot + 1);
    }
    return std::nullopt;
}

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
