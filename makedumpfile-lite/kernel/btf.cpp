// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/kernel/btf.h"

#include "base/range.h"

#include <array>

#include <fmt/format.h>

namespace kdumpkit::dump {

namespace {

enum Kind : unsigned {
    kind_int = 1,
    kind_ptr,
    kind_array,
    kind_struct,
    kind_union,
    kind_enum,
    kind_fwd,
    kind_typedef,
    kind_volatile,
    kind_const,
    kind_restrict,
    kind_func,
    kind_func_proto,
    kind_var,
    kind_datasec,
    kind_float,
    kind_decl_tag,
    kind_type_tag,
    kind_enum64,
    kind_count,
};

// Bytes after the 12-byte header: fixed, and per element of the type's count.
struct Trailer {
    unsigned fixed;
    unsigned each;
};
constexpr std::array<Trailer, kind_count> trailers = {{
    {0, 0},  // void, never stored
    {4, 0},  // int
    {0, 0},  // ptr
    {12, 0}, // array
    {0, 12}, // struct
    {0, 12}, // union
    {0, 8},  // enum
    {0, 0},  // fwd
    {0, 0},  // typedef
    {0, 0},  // volatile
    {0, 0},  // const
    {0, 0},  // restrict
    {0, 0},  // func
    {0, 8},  // func_proto
    {4, 0},  // var
    {0, 12}, // datasec
    {0, 0},  // float
    {4, 0},  // decl_tag
    {0, 0},  // type_tag
    {0, 12}, // enum64
}};

constexpr std::uint64_t type_header = 12;
constexpr std::uint64_t max_types = std::uint64_t{1} << 21;
constexpr int max_depth = 16;
// Members looked at to find one, those of anonymous structs inside included. The largest struct of Linux has
// a few hundred; structs in structs could multiply to more than anybody can wait for.
constexpr std::uint32_t max_members = 1U << 17;
constexpr std::uint64_t pointer_size = 8;

Error corrupt(std::string reason, std::uint64_t offset) {
    return make_error(ErrorKind::corrupt, "read", "the kernel's type information (BTF)", std::move(reason))
        .at(offset)
        .from(ErrorSide::source);
}

} // namespace

std::optional<std::uint64_t> Btf::total_size(Bytes header) {
    const ByteReader reader(header);
    if (reader.u16(0) != 0xeb9f || reader.u8(2) != 1 || reader.u8(3) != 0)
        return std::nullopt;
    const auto length = reader.u32(4);
    const auto type_offset = reader.u32(8);
    const auto type_length = reader.u32(12);
    const auto string_offset = reader.u32(16);
    const auto string_length = reader.u32(20);
    if (!string_length || *length < header_size || *length % 4 != 0)
        return std::nullopt;
    const std::uint64_t total = std::uint64_t{*length} + *string_offset + *string_length;
    if (std::uint64_t{*type_offset} + *type_length > *string_offset || *type_length == 0 ||
        *string_length == 0 || total > max_size)
        return std::nullopt;
    return total;
}

Result<Btf> Btf::parse(std::vector<std::byte> bytes, const Btf* base) {
    const auto total = total_size(bytes);
    if (!total || *total > bytes.size())
        return fail(corrupt("not a BTF header, or sections outside the bytes", 0));
    Btf btf;
    btf.base_ = base;
    btf.bytes_ = std::move(bytes);
    const ByteReader reader(btf.bytes_);
    const std::uint64_t header = reader.u32(4).value_or(0);
    std::uint64_t at = header + reader.u32(8).value_or(0);
    const std::uint64_t end = at + reader.u32(12).value_or(0);
    btf.strings_ = header + reader.u32(16).value_or(0);
    btf.strings_size_ = reader.u32(20).value_or(0);
    if (reader.u8(btf.strings_ + btf.strings_size_ - 1) != 0)
        return fail(corrupt("its strings do not end with NUL", btf.strings_));
    while (at < end) {
        const auto info = reader.u32(at + 4);
        const unsigned kind = info.value_or(0) >> 24 & 0x1f;
        if (!info || kind == 0 || kind >= kind_count)
            return fail(corrupt(fmt::format("type {} is of kind {}", btf.types_.size() + 1, kind), at));
        const std::uint64_t size =
            type_header + trailers[kind].fixed + std::uint64_t{trailers[kind].each} * (*info & 0xffff);
        if (size > end - at || btf.types_.size() >= max_types)
            return fail(corrupt("types reach beyond their section", at));
        btf.types_.push_back(static_cast<std::uint32_t>(at));
        const bool findable =
            kind == kind_struct || kind == kind_union || kind == kind_enum || kind == kind_enum64;
        if (findable && reader.u32(at).value_or(0) != 0)
            btf.named_.push_back(static_cast<std::uint32_t>(btf.type_count()));
        at += size;
    }
    return btf;
}

std::optional<Btf::Type> Btf::type(std::uint32_t id) const {
    const std::size_t inherited = base_ != nullptr ? base_->type_count() : 0;
    if (id != 0 && id <= inherited)
        return base_->type(id);
    if (id == 0 || id - inherited > types_.size())
        return std::nullopt;
    const std::uint64_t at = types_[id - inherited - 1];
    const ByteReader reader(bytes_);
    return Type{this, reader.u32(at).value_or(0), reader.u32(at + 4).value_or(0),
                reader.u32(at + 8).value_or(0), at + type_header};
}

std::string_view Btf::string(std::uint32_t offset) const {
    const std::uint64_t inherited = base_ != nullptr ? base_->strings_size_ : 0;
    if (offset < inherited)
        return base_->string(offset);
    if (offset - inherited >= strings_size_)
        return {};
    return ByteReader(bytes_)
        .c_string(strings_ + offset - inherited, strings_size_ - (offset - inherited))
        .value_or(std::string_view{});
}

bool Btf::is_named(std::uint32_t offset, std::string_view name) const {
    const std::uint64_t inherited = base_ != nullptr ? base_->strings_size_ : 0;
    if (offset < inherited)
        return base_->is_named(offset, name);
    const ByteReader strings(Bytes(bytes_).subspan(strings_, strings_size_));
    const auto text = strings.slice(offset - inherited, name.size());
    return text && as_text(*text) == name && strings.u8(offset - inherited + name.size()) == 0;
}

std::optional<std::uint32_t> Btf::find(std::string_view name) const {
    for (const std::uint32_t id : named_) {
        const auto found = type(id);
        if (found && is_named(found->name, name))
            return id;
    }
    return base_ != nullptr ? base_->find(name) : std::nullopt;
}

std::optional<std::uint32_t> Btf::of_kind(std::string_view name, std::uint32_t kinds) const {
    const std::size_t inherited = base_ != nullptr ? base_->type_count() : 0;
    for (std::size_t i = 1; i <= types_.size(); ++i) {
        const auto id = static_cast<std::uint32_t>(inherited + i);
        const auto found = type(id);
        if (found && (kinds >> found->kind() & 1) != 0 && is_named(found->name, name))
            return id;
    }
    return base_ != nullptr ? base_->of_kind(name, kinds) : std::nullopt;
}

std::optional<std::uint32_t> Btf::named(std::string_view name) const {
    if (const auto aggregate = find(name))
        return aggregate;
    return of_kind(name, 1U << kind_int | 1U << kind_typedef | 1U << kind_float);
}

std::optional<std::uint32_t> Btf::variable(std::string_view name) const {
    const auto id = of_kind(name, 1U << kind_var);
    const auto found = id ? type(*id) : std::nullopt;
    return found ? std::optional(found->size_or_type) : std::nullopt;
}

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
    auto id = find(structure);
    std::uint64_t base = 0;
    while (id) {
        const std::size_t dot = path.find('.');
        auto found = member(*id, path.substr(0, dot));
        if (!found)
            return std::nullopt;
        found->offset += base;
        if (dot == std::string_view::npos)
            return found;
        base = found->offset;
        id = found->type;
        path.remove_prefix(dot + 1);
    }
    return std::nullopt;
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
