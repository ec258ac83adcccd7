// SPDX-License-Identifier: GPL-2.0-or-later
// What the types of BTF say: sizes, members, enumerators. btf.cpp finds the types.
#include "base/range.h"
#include "makedumpfile-lite/kernel/btf.h"
#include "makedumpfile-lite/kernel/btf_kinds.h"

namespace kdumpkit::dump {

using namespace btf;

namespace {

constexpr int max_depth = 16;
// Members looked at to find one, those of anonymous structs inside included. The largest struct of Linux has
// a few hundred; structs in structs could multiply to more than anybody can wait for.
constexpr std::uint32_t max_members = 1U << 17;
constexpr std::uint64_t pointer_size = 8;

} // namespace

std::optional<BtfType> Btf::describe(std::uint32_t id) const {
    const auto target = resolved(id);
    const auto here = target ? type(*target) : std::nullopt;
    if (!here)
        return std::nullopt;
    BtfType found;
    found.id = *target;
    found.size = size_of_type(*target, 0);
    const ByteReader reader(here->owner->bytes_);
    switch (here->kind()) {
    case kind_int: {
        found.kind = BtfType::Kind::integer;
        const std::string_view name = string(here->name);
        found.character = name == "char" || name == "signed char" || name == "unsigned char";
        break;
    }
    case kind_enum:
    case kind_enum64:
        found.kind = BtfType::Kind::integer;
        break;
    case kind_ptr:
        found.kind = BtfType::Kind::pointer;
        found.target = resolved(here->size_or_type).value_or(0);
        break;
    case kind_array:
        found.kind = BtfType::Kind::array;
        found.target = resolved(reader.u32(here->trailer).value_or(0)).value_or(0);
        found.elements = reader.u32(here->trailer + 8).value_or(0);
        break;
    case kind_struct:
    case kind_union:
        found.kind = BtfType::Kind::structure;
        break;
    default:
        break;
    }
    return found;
}

// Through typedefs and qualifiers to what they name.
std::optional<std::uint32_t> Btf::resolved(std::uint32_t id) const {
    for (int depth = 0; depth < max_depth; ++depth) {
        const auto here = type(id);
        if (!here)
            return std::nullopt;
        switch (here->kind()) {
        case kind_typedef:
        case kind_volatile:
        case kind_const:
        case kind_restrict:
        case kind_type_tag:
            id = here->size_or_type;
            break;
        default:
            return id;
        }
    }
    return std::nullopt;
}

std::uint64_t Btf::size_of_type(std::uint32_t id, int depth) const {
    const auto target = resolved(id);
    const auto here = target ? type(*target) : std::nullopt;
    if (!here || depth >= max_depth)
        return 0;
    switch (here->kind()) {
    case kind_int:
    case kind_struct:
    case kind_union:
    case kind_enum:
    case kind_enum64:
    case kind_float:
        return here->size_or_type;
    case kind_ptr:
        return pointer_size;
    case kind_array: {
        const ByteReader reader(here->owner->bytes_);
        const std::uint64_t element = size_of_type(reader.u32(here->trailer).value_or(0), depth + 1);
        return checked_mul(element, reader.u32(here->trailer + 8).value_or(0)).value_or(0);
    }
    default:
        return 0;
    }
}

std::optional<std::uint64_t> Btf::size_of(std::string_view name) const {
    const auto id = find(name);
    return id ? std::optional(size_of_type(*id, 0)) : std::nullopt;
}

std::optional<TypeMember> Btf::member_of(std::uint32_t id, std::string_view name, int depth,
                                         std::uint32_t& budget) const {
    const auto target = resolved(id);
    const auto here = target ? type(*target) : std::nullopt;
    if (!here || depth >= max_depth || (here->kind() != kind_struct && here->kind() != kind_union))
        return std::nullopt;
    const ByteReader reader(here->owner->bytes_);
    for (std::uint32_t i = 0; i < here->count() && budget != 0; ++i) {
        --budget;
        const std::uint64_t at = here->trailer + std::uint64_t{i} * 12;
        const std::uint32_t member_name = reader.u32(at).value_or(0);
        const std::uint32_t member_type = reader.u32(at + 4).value_or(0);
        std::uint32_t bits = reader.u32(at + 8).value_or(0);
        if (here->flag())
            bits &= 0xffffff; // the rest is the width of a bit field
        if (member_name == 0) {
            if (auto inner = member_of(member_type, name, depth + 1, budget)) {
                inner->offset += bits / 8;
                return inner;
            }
            continue;
        }
        if (!is_named(member_name, name))
            continue;
        TypeMember found{bits / 8, size_of_type(member_type, 0), 0, member_type};
        const auto inner_id = resolved(member_type);
        const auto inner = inner_id ? type(*inner_id) : std::nullopt;
        if (inner && inner->kind() == kind_array)
            found.elements = ByteReader(inner->owner->bytes_).u32(inner->trailer + 8).value_or(0);
        return found;
    }
    return std::nullopt;
}

std::optional<TypeMember> Btf::member(std::uint32_t id, std::string_view name) const {
    std::uint32_t budget = max_members;
    return member_of(id, name, 0, budget);
}

std::optional<TypeMember> Btf::member(std::string_view structure, std::string_view path) const {
    return walk_members(find(structure), path, [this](std::uint32_t& id, std::string_view name) {
        const auto found = member(id, name);
        id = found ? found->type : 0;
        return found;
    });
}

std::optional<std::int64_t> Btf::enumerator(std::string_view enumeration, std::string_view name) const {
    const auto id = find(enumeration);
    const auto here = id ? type(*id) : std::nullopt;
    if (!here || (here->kind() != kind_enum && here->kind() != kind_enum64))
        return std::nullopt;
    const ByteReader reader(here->owner->bytes_);
    const unsigned each = here->kind() == kind_enum ? 8 : 12;
    for (std::uint32_t i = 0; i < here->count(); ++i) {
        const std::uint64_t at = here->trailer + std::uint64_t{i} * each;
        if (!is_named(reader.u32(at).value_or(0), name))
            continue;
        const std::uint32_t low = reader.u32(at + 4).value_or(0);
        if (here->kind() == kind_enum64)
            return static_cast<std::int64_t>(std::uint64_t{reader.u32(at + 8).value_or(0)} << 32 | low);
        return here->flag() ? std::int64_t{static_cast<std::int32_t>(low)} : std::int64_t{low};
    }
    return std::nullopt;
}

} // namespace kdumpkit::dump
