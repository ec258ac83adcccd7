// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/bytes.h"
#include "base/error.h"
#include "makedumpfile-lite/kernel/kallsyms.h"
#include "makedumpfile-lite/kernel/layout_file.h"
#include "makedumpfile-lite/kernel/types.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kdumpkit::dump {

// A section of an ELF file.
struct ElfSection {
    std::string_view name;
    std::uint64_t address = 0;
    Bytes bytes; // empty for one that takes no room in the file
};
// The sections of a 64-bit little-endian ELF file; `corrupt` when it is none or they lie outside it. Pure.
Result<std::vector<ElfSection>> elf_sections(Bytes file);
// Addresses of those of `wanted` that .symtab has. Pure.
Symbols elf_symbols(const std::vector<ElfSection>& sections, const std::vector<std::string_view>& wanted);

// The kernel's vmlinux, as debug packages have it: types from its .BTF section or, without one, from DWARF
// (libdw, which is loaded only then), symbols from .symtab. For one thread.
class Vmlinux {
  public:
    // A compressed kernel image, or a vmlinux without BTF and DWARF, is `unsupported` and says what to use.
    static Result<std::unique_ptr<Vmlinux>> open(const std::string& path);
    ~Vmlinux();
    Vmlinux(const Vmlinux&) = delete;
    Vmlinux& operator=(const Vmlinux&) = delete;

    [[nodiscard]] const TypeSource& types() const { return *types_; }
    [[nodiscard]] const KernelIdentity& identity() const { return identity_; }
    [[nodiscard]] Symbols symbols(const std::vector<std::string_view>& wanted) const {
        return elf_symbols(sections_, wanted);
    }

  private:
    Vmlinux() = default;
    Bytes file_; // mapped
    std::vector<ElfSection> sections_;
    KernelIdentity identity_;
    std::unique_ptr<TypeSource> types_;
};

} // namespace kdumpkit::dump
