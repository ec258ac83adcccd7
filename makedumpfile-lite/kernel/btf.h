// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/bytes.h"
#include "base/error.h"
#include "makedumpfile-lite/kernel/types.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kdumpkit::dump {

using BtfMember = TypeMember;

// What a type is, seen through typedefs and qualifiers.
struct BtfType {
    enum class Kind { integer, pointer, array, structure, other };
    Kind kind = Kind::other;
    std::uint32_t id = 0;
    std::uint64_t size = 0;     // bytes; 0: not known
    std::uint32_t target = 0;   // pointee or element; 0: void
    std::uint64_t elements = 0; // of an array
    bool character = false;     // a char, with or without sign
};

struct BtfVariable {
    std::uint32_t type = 0;
    bool per_cpu = false; // its address is an offset into each CPU's area
};

// The kernel's own type information (Linux, Documentation/bpf/btf.rst), kinds 1 to 19. Names are looked up
// among structs, unions and enums; members of anonymous structs and unions count as members of what holds
// them.
class Btf final : public TypeSource {
  public:
    static constexpr std::uint64_t header_size = 24;
    static constexpr std::uint64_t max_size = std::uint64_t{64} << 20;

    // Checks every type header, so that nothing later can run out of the bytes. Otherwise `corrupt`.
    // A module's BTF goes on where the kernel's ends: `base`, which must outlive the result.
    static Result<Btf> parse(std::vector<std::byte> bytes, const Btf* base = nullptr);
    // The length of the section that starts with `header`, or nullopt when this is no BTF header. Pure.
    static std::optional<std::uint64_t> total_size(Bytes header);

    [[nodiscard]] std::optional<std::uint64_t> size_of(std::string_view name) const override;
    [[nodiscard]] std::optional<BtfMember> member(std::string_view structure,
                                                  std::string_view path) const override;
    [[nodiscard]] std::optional<std::int64_t> enumerator(std::string_view enumeration,
                                                         std::string_view name) const override;
    [[nodiscard]] std::size_t type_count() const {
        return types_.size() + (base_ != nullptr ? base_->type_count() : 0);
    }
    // Type ids. A name is that of a struct, union, enum, typedef or basic type ("unsigned int").
    [[nodiscard]] std::optional<std::uint32_t> named(std::string_view name) const;
    // A variable and its type. Kernels describe per-CPU variables, and others only where pahole was told to
    // (--btf_features=global_var).
    [[nodiscard]] std::optional<BtfVariable> variable(std::string_view name) const;
    [[nodiscard]] std::optional<BtfType> describe(std::uint32_t id) const;
    [[nodiscard]] std::optional<BtfMember> member(std::uint32_t id, std::string_view name) const;

  private:
    struct Type {
        const Btf* owner = nullptr; // whose bytes hold the trailer
        std::uint32_t name = 0;
        std::uint32_t info = 0;
        std::uint32_t size_or_type = 0;
        std::uint64_t trailer = 0; // offset of what follows the header
        [[nodiscard]] unsigned kind() const { return info >> 24 & 0x1f; }
        [[nodiscard]] std::uint32_t count() const { return info & 0xffff; }
        [[nodiscard]] bool flag() const { return info >> 31 != 0; }
    };
    [[nodiscard]] std::optional<Type> type(std::uint32_t id) const;
    [[nodiscard]] std::string_view string(std::uint32_t offset) const;
    // The strings from that one on, to the end of them all.
    [[nodiscard]] std::string_view from(std::uint32_t offset) const;
    // Whether that string is `name`. In the time of `name`, however long the string is.
    [[nodiscard]] bool is_named(std::uint32_t offset, std::string_view name) const;
    [[nodiscard]] std::optional<std::uint32_t> find(std::string_view name) const;
    // The first type of that name of one of the kinds: a bit each.
    [[nodiscard]] std::optional<std::uint32_t> of_kind(std::string_view name, std::uint32_t kinds) const;
    // Whether a variable lies in the section of that name.
    [[nodiscard]] bool in_section(std::uint32_t variable, std::string_view section) const;
    [[nodiscard]] std::optional<std::uint32_t> resolved(std::uint32_t id) const;
    [[nodiscard]] std::uint64_t size_of_type(std::uint32_t id, int depth) const;
    [[nodiscard]] std::optional<BtfMember> member_of(std::uint32_t id, std::string_view name, int depth,
                                                     std::uint32_t& budget) const;

    const Btf* base_ = nullptr;
    std::vector<std::byte> bytes_;
    std::uint64_t strings_ = 0;
    std::uint64_t strings_size_ = 0;
    // A struct, union or enum that has a name. A kernel has some 12,000 of them, in megabytes of text:
    // whoever looks for one compares hashes.
    struct Named {
        std::uint32_t hash = 0;
        std::uint32_t id = 0;
    };
    std::vector<std::uint32_t> types_; // offset of each type's header; type id i is types_[i - 1]
    std::vector<Named> named_;
};

} // namespace kdumpkit::dump
