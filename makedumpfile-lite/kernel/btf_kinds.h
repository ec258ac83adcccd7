// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>

// The kinds of types that BTF has, and how long each is (Linux, Documentation/bpf/btf.rst).
namespace kdumpkit::dump::btf {

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
inline constexpr std::array<Trailer, kind_count> trailers = {{
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

} // namespace kdumpkit::dump::btf
