// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/kernel/btf.h"

#include "makedumpfile-lite/kernel/btf_kinds.h"

#include <algorithm>
#include <functional>

#include <fmt/format.h>

namespace kdumpkit::dump {

using namespace btf;

namespace {

constexpr std::uint64_t type_header = 12;
constexpr std::uint64_t max_types = std::uint64_t{1} << 21;

Error corrupt(std::string reason, std::uint64_t offset) {
    return make_error(ErrorKind::corrupt, "read", "the kernel's type information (BTF)", std::move(reason))
        .at(offset)
        .from(ErrorSide::source);
}

// Of the text up to a NUL, and of no more than its beginning: names that overlap could add up to more than
// anybody can wait for.
std::uint32_t hash_of(std::string_view text) {
    constexpr std::size_t most = 64;
    const std::string_view beginning = text.substr(0, most);
    return static_cast<std::uint32_t>(
        std::hash<std::string_view>{}(beginning.substr(0, beginning.find('\0'))));
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
    Btf parsed;
    parsed.base_ = base;
    parsed.bytes_ = std::move(bytes);
    const ByteReader reader(parsed.bytes_);
    const std::uint64_t header = reader.u32(4).value_or(0);
    std::uint64_t at = header + reader.u32(8).value_or(0);
    const std::uint64_t end = at + reader.u32(12).value_or(0);
    parsed.strings_ = header + reader.u32(16).value_or(0);
    parsed.strings_size_ = reader.u32(20).value_or(0);
    if (reader.u8(parsed.strings_ + parsed.strings_size_ - 1) != 0)
        return fail(corrupt("its strings do not end with NUL", parsed.strings_));
    while (at < end) {
        const auto info = reader.u32(at + 4);
        const unsigned kind = info.value_or(0) >> 24 & 0x1f;
        if (!info || kind == 0 || kind >= kind_count)
            return fail(corrupt(fmt::format("type {} is of kind {}", parsed.types_.size() + 1, kind), at));
        const std::uint64_t size =
            type_header + trailers[kind].fixed + std::uint64_t{trailers[kind].each} * (*info & 0xffff);
        if (size > end - at || parsed.types_.size() >= max_types)
            return fail(corrupt("types reach beyond their section", at));
        parsed.types_.push_back(static_cast<std::uint32_t>(at));
        const bool findable =
            kind == kind_struct || kind == kind_union || kind == kind_enum || kind == kind_enum64;
        if (const std::uint32_t name = reader.u32(at).value_or(0); findable && name != 0)
            parsed.named_.push_back(
                {hash_of(parsed.from(name)), static_cast<std::uint32_t>(parsed.type_count())});
        at += size;
    }
    return parsed;
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

std::string_view Btf::from(std::uint32_t offset) const {
    const std::uint64_t inherited = base_ != nullptr ? base_->strings_size_ : 0;
    if (offset < inherited)
        return base_->from(offset);
    const std::uint64_t at = std::min<std::uint64_t>(offset - inherited, strings_size_);
    return as_text(Bytes(bytes_).subspan(strings_ + at, strings_size_ - at));
}

std::string_view Btf::string(std::uint32_t offset) const {
    const std::string_view text = from(offset);
    return text.substr(0, text.find('\0'));
}

bool Btf::is_named(std::uint32_t offset, std::string_view name) const {
    const std::string_view text = from(offset);
    return text.size() > name.size() && text[name.size()] == '\0' && text.starts_with(name);
}

std::optional<std::uint32_t> Btf::find(std::string_view name) const {
    const std::uint32_t hash = hash_of(name);
    for (const Named& one : named_) {
        if (one.hash != hash)
            continue;
        const auto found = type(one.id);
        if (found && is_named(found->name, name))
            return one.id;
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

std::optional<BtfVariable> Btf::variable(std::string_view name) const {
    const auto id = of_kind(name, 1U << kind_var);
    const auto found = id ? type(*id) : std::nullopt;
    return found ? std::optional(BtfVariable{found->size_or_type, in_section(*id, ".data..percpu")})
                 : std::nullopt;
}

bool Btf::in_section(std::uint32_t variable, std::string_view section) const {
    for (std::uint32_t id = 1; id <= type_count(); ++id) {
        const auto here = type(id);
        if (!here || here->kind() != kind_datasec || !here->owner->is_named(here->name, section))
            continue;
        const ByteReader reader(here->owner->bytes_);
        for (std::uint32_t i = 0; i < here->count(); ++i)
            if (reader.u32(here->trailer + std::uint64_t{i} * 12) == variable)
                return true;
    }
    return false;
}

} // namespace kdumpkit::dump
