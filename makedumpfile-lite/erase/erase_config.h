// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

// The file of --config: what of the kernel's data must not be in the dump. The syntax is that of
// makedumpfile.conf(5), with one addition: the kernel's BTF does not tell the types of variables, so a type
// can stand in front in parentheses, as in C: erase (struct uts_namespace)init_uts_ns.name.nodename
namespace kdumpkit::dump {

// A symbol or loop variable, and members from there on; "." goes through pointers too.
struct ErasePath {
    std::string type; // "struct uts_namespace", "char *"; empty: not given
    std::string symbol;
    std::vector<std::string> members;
    [[nodiscard]] std::string text() const;
};

// How much: what the type says, bytes, what a number in memory says, or only the pointer itself.
struct EraseAll {};
struct EraseBytes {
    std::uint64_t bytes = 0;
};
struct EraseSizeAt {
    ErasePath path;
};
struct EraseNullify {};
using EraseAmount = std::variant<EraseAll, EraseBytes, EraseSizeAt, EraseNullify>;

struct EraseCommand {
    unsigned line = 0; // from 1
    ErasePath path;
    EraseAmount amount;
};

// for NAME in LIST ... endfor. With `via`, LIST is a struct with a pointer to the next one; with `within`, a
// list_head in structs of type `within`, in member `member`; otherwise an array.
struct EraseLoop {
    unsigned line = 0;
    std::string name;
    ErasePath list;
    std::string via;
    std::string within;
    std::string member;
    std::vector<EraseCommand> body;
};

struct EraseSection {
    std::string module; // "vmlinux" is the kernel
    std::vector<std::variant<EraseCommand, EraseLoop>> commands;
};

struct EraseConfig {
    std::vector<EraseSection> sections;
};

// Pure. A line that makes no sense is `invalid`, with file name and line number. '#' begins a comment.
Result<EraseConfig> parse_erase_config(std::string_view text, const std::string& name);

} // namespace kdumpkit::dump
