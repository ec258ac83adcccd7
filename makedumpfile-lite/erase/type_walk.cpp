// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/erase/type_walk.h"

#include <string>

namespace kdumpkit::dump {

namespace {

constexpr std::uint64_t pointer_size = 8;

} // namespace

std::optional<CType> TypeWalk::parse(std::string_view text) const {
    CType type;
    std::string name;
    for (const char c : text) {
        if (c == '*')
            ++type.stars;
        else if (c != ' ' && c != '\t')
            name += c;
        else if (!name.empty() && name.back() != ' ')
            name += ' ';
    }
    if (!name.empty() && name.back() == ' ')
        name.pop_back();
    for (const std::string_view keyword : {"struct ", "union ", "enum "})
        if (name.starts_with(keyword))
            name.erase(0, keyword.size());
    if (name == "void")
        return type;
    if (name == "unsigned long") // as BTF spells it
        name = "long unsigned int";
    else if (name == "long")
        name = "long int";
    const auto id = btf_.named(name);
    if (!id)
        return std::nullopt;
    type.id = *id;
    return type;
}

std::optional<TypeWalk::Variable> TypeWalk::variable(std::string_view name) const {
    const auto found = btf_.variable(name);
    return found ? std::optional(Variable{{found->type, 0}, found->per_cpu}) : std::nullopt;
}

bool TypeWalk::is_pointer(CType type) const {
    if (type.stars != 0)
        return true;
    const auto described = btf_.describe(type.id);
    return described && described->kind == BtfType::Kind::pointer;
}

bool TypeWalk::is_character(CType type) const {
    const auto described = type.stars == 0 ? btf_.describe(type.id) : std::nullopt;
    return described && described->character;
}

bool TypeWalk::is_integer(CType type) const {
    const auto described = type.stars == 0 ? btf_.describe(type.id) : std::nullopt;
    return described && described->kind == BtfType::Kind::integer;
}

std::uint64_t TypeWalk::size(CType type) const {
    if (type.stars != 0)
        return pointer_size;
    const auto described = btf_.describe(type.id);
    return described ? described->size : 0;
}

std::optional<CType> TypeWalk::target(CType type) const {
    if (type.stars != 0)
        return CType{type.id, type.stars - 1};
    const auto described = btf_.describe(type.id);
    if (!described || (described->kind != BtfType::Kind::pointer && described->kind != BtfType::Kind::array))
        return std::nullopt;
    return CType{described->target, 0};
}

std::optional<std::uint64_t> TypeWalk::elements(CType type) const {
    const auto described = type.stars == 0 ? btf_.describe(type.id) : std::nullopt;
    if (!described || described->kind != BtfType::Kind::array)
        return std::nullopt;
    return described->elements;
}

std::optional<TypeWalk::Member> TypeWalk::member(CType type, std::string_view name) const {
    if (type.stars != 0)
        return std::nullopt;
    const auto found = btf_.member(type.id, name);
    return found ? std::optional(Member{found->offset, {found->type, 0}}) : std::nullopt;
}

} // namespace kdumpkit::dump
