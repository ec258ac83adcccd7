// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/kernel/dwarf_variables.h"

#include "base/file.h"
#include "makedumpfile-lite/kernel/libdw.h"

#include <algorithm>
#include <optional>

#include <dwarf.h>
#include <fcntl.h>

namespace kdumpkit::dump {

namespace {

constexpr int max_depth = 16;

std::optional<std::string> spell(const Libdw& dw, Dwarf_Die& die, int depth);

// What `die` (a variable, a pointer, a qualifier) is of; "void" where it names no type.
std::optional<std::string> spell_target(const Libdw& dw, Dwarf_Die& die, int depth) {
    Dwarf_Attribute attribute;
    Dwarf_Die type;
    if (dw.attr(&die, DW_AT_type, &attribute) == nullptr)
        return "void";
    if (depth >= max_depth || dw.formref_die(&attribute, &type) == nullptr)
        return std::nullopt;
    return spell(dw, type, depth + 1);
}

std::optional<std::string> spell(const Libdw& dw, Dwarf_Die& die, int depth) {
    const char* const name = dw.diename(&die);
    switch (dw.tag(&die)) {
    case DW_TAG_pointer_type: {
        const auto target = spell_target(dw, die, depth);
        // A pointer to what cannot be spelt is a pointer all the same.
        return target.value_or("void") + " *";
    }
    case DW_TAG_const_type:
    case DW_TAG_volatile_type:
    case DW_TAG_atomic_type:
    case DW_TAG_restrict_type:
        return spell_target(dw, die, depth);
    case DW_TAG_typedef: {
        const auto target = spell_target(dw, die, depth);
        return target || name == nullptr ? target : std::optional(std::string(name));
    }
    case DW_TAG_structure_type:
        return name == nullptr ? std::nullopt : std::optional(std::string("struct ") + name);
    case DW_TAG_union_type:
        return name == nullptr ? std::nullopt : std::optional(std::string("union ") + name);
    case DW_TAG_enumeration_type:
        return name == nullptr ? std::nullopt : std::optional(std::string("enum ") + name);
    case DW_TAG_base_type:
        return name == nullptr ? std::nullopt : std::optional(std::string(name));
    default:
        return std::nullopt;
    }
}

} // namespace

Result<VariableTypes> dwarf_variables(const std::string& path, const std::vector<std::string_view>& wanted) {
    KDK_ASSIGN(const Libdw dw, Libdw::load());
    KDK_ASSIGN(const Fd fd, open_file(path, O_RDONLY));
    KDK_ASSIGN(::Dwarf* const dwarf, dw.open(fd.get(), path));
    std::map<std::string, std::optional<std::string>, std::less<>> found;
    dw.each_top_entry(dwarf, [&](Dwarf_Die& die) {
        const char* const name = dw.tag(&die) == DW_TAG_variable ? dw.diename(&die) : nullptr;
        if (name == nullptr || std::ranges::find(wanted, std::string_view(name)) == wanted.end())
            return;
        // The definition of what a header declared refers to the declaration, which has the type.
        if (dw.hasattr(&die, DW_AT_type) == 0)
            return;
        auto type = spell_target(dw, die, 0);
        const auto [known, fresh] = found.emplace(name, type);
        if (!fresh && known->second != type)
            known->second.reset();
    });
    dw.end(dwarf);
    VariableTypes types;
    for (const auto& [name, type] : found)
        if (type)
            types.emplace(name, *type);
    return types;
}

} // namespace kdumpkit::dump
