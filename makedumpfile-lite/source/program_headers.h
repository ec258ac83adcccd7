// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "makedumpfile-lite/source/content.h"

#include <cstdint>
#include <functional>
#include <string>

#include <elf.h>

namespace kdumpkit::dump {

// Where the program headers of an ELF core are.
struct ProgramHeaderTable {
    std::uint16_t machine = 0; // e_machine
    std::uint64_t offset = 0;  // of the first header, in bytes of the file
    std::uint64_t count = 0;   // at least one
};

// Of an ELF64 little-endian core. The number of headers is bounded and may be in section header 0 (ELF gABI,
// PN_XNUM); all of them are inside the file. A table that cannot be one is `corrupt`, another kind of ELF
// file `unsupported`.
Result<ProgramHeaderTable> find_program_headers(const Content& file);

// Hands them to `take` in their order, each with its place in the file in bytes.
Result<> each_program_header(const Content& file, const ProgramHeaderTable& table,
                             const std::function<Result<>(const Elf64_Phdr&, std::uint64_t at)>& take);

// What cannot be at `offset` of `file`.
[[nodiscard]] Error corrupt_elf(const Content& file, std::uint64_t offset, std::string reason);

} // namespace kdumpkit::dump
