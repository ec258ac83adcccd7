// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "makedumpfile-lite/kernel/btf.h"

#include <cstdint>
#include <optional>
#include <string_view>

namespace kdumpkit::dump {

// A C type: one that BTF has (0: void), or a pointer to a pointer ... to it.
struct CType {
    std::uint32_t id = 0;
    unsigned stars = 0;
};

// What can be asked of a type. BTF that lacks the answer gives 0, false or nullopt.
class TypeWalk {
  public:
    explicit TypeWalk(const Btf& btf) : btf_(btf) {}

    // "struct s1", "s1", "char *", "unsigned long"
    [[nodiscard]] std::optional<CType> parse(std::string_view text) const;
    struct Variable {
        CType type;
        bool per_cpu = false;
    };
    [[nodiscard]] std::optional<Variable> variable(std::string_view name) const;

    [[nodiscard]] bool is_pointer(CType type) const;
    [[nodiscard]] bool is_character(CType type) const;
    [[nodiscard]] bool is_integer(CType type) const;
    [[nodiscard]] std::uint64_t size(CType type) const; // bytes
    // Of a pointer: what it points to. Of an array: one element.
    [[nodiscard]] std::optional<CType> target(CType type) const;
    [[nodiscard]] std::optional<std::uint64_t> elements(CType type) const; // only of an array
    struct Member {
        std::uint64_t offset = 0; // bytes
        CType type;
    };
    [[nodiscard]] std::optional<Member> member(CType type, std::string_view name) const;

  private:
    const Btf& btf_;
};

} // namespace kdumpkit::dump
