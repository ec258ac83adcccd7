// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"

#include <functional>
#include <string>

#include <elfutils/libdw.h>

namespace kdumpkit::dump {

// The functions of libdw that are used here, found by dlopen(3). The library stays loaded.
struct Libdw {
    decltype(&::dwarf_begin) begin = nullptr;
    decltype(&::dwarf_end) end = nullptr;
    decltype(&::dwarf_errmsg) errmsg = nullptr;
    decltype(&::dwarf_nextcu) nextcu = nullptr;
    decltype(&::dwarf_offdie) offdie = nullptr;
    decltype(&::dwarf_dieoffset) dieoffset = nullptr;
    decltype(&::dwarf_child) child = nullptr;
    decltype(&::dwarf_siblingof) siblingof = nullptr;
    decltype(&::dwarf_tag) tag = nullptr;
    decltype(&::dwarf_diename) diename = nullptr;
    decltype(&::dwarf_hasattr) hasattr = nullptr;
    decltype(&::dwarf_attr) attr = nullptr;
    decltype(&::dwarf_whatform) whatform = nullptr;
    decltype(&::dwarf_formudata) formudata = nullptr;
    decltype(&::dwarf_formsdata) formsdata = nullptr;
    decltype(&::dwarf_formref_die) formref_die = nullptr;
    decltype(&::dwarf_peel_type) peel_type = nullptr;
    decltype(&::dwarf_aggregate_size) aggregate_size = nullptr;

    // `absent` when there is no libdw, `unsupported` when it lacks a function.
    static Result<Libdw> load();
    // The debug information of the open file `fd`, called `path` in errors; end() it. `corrupt` without any.
    Result<::Dwarf*> open(int fd, const std::string& path) const;
    // The entries right below each unit: one pass, a few seconds for a kernel.
    void each_top_entry(::Dwarf* dwarf, const std::function<void(Dwarf_Die&)>& entry) const;
};

} // namespace kdumpkit::dump
