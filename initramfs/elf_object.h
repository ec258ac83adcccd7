// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/bytes.h"
#include "base/error.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace kdumpkit::initramfs {

// What ld.so would read of a program or shared library.
struct ElfObject {
    unsigned machine = 0;             // EM_X86_64, …
    unsigned char width = 0;          // ELFCLASS32 or ELFCLASS64
    std::string interpreter;          // PT_INTERP, empty for libraries and static programs
    std::string soname;               // DT_SONAME or empty
    std::vector<std::string> needed;  // DT_NEEDED in order
    std::vector<std::string> rpath;   // DT_RPATH split at ":", empty when there is a DT_RUNPATH
    std::vector<std::string> runpath; // DT_RUNPATH split at ":"
};

// `corrupt` when the bytes are not ELF or contradict themselves. `name` is for messages.
Result<ElfObject> read_elf_object(Bytes file, const std::string& name);

// A section's bytes, or nullopt when the file has no such section. The view is into `file`.
Result<std::optional<Bytes>> read_elf_section(Bytes file, const std::string& section,
                                              const std::string& name);

} // namespace kdumpkit::initramfs
