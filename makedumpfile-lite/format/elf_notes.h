// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/bytes.h"

#include <cstddef>
#include <functional>
#include <optional>
#include <string_view>

namespace kdumpkit::dump::format {

// One ELF note: System V ABI, "Note Section"; name and contents are padded to 4 bytes in Linux's dumps.
struct ElfNote {
    std::string_view name; // without its NUL
    std::uint32_t type = 0;
    std::size_t offset = 0; // of its contents, bytes from the start of the section
    std::size_t size = 0;   // bytes
};

// Calls `visit` for each note until it returns false or the section ends or makes no sense.
void for_each_note(Bytes section, const std::function<bool(const ElfNote&)>& visit);
// Where the text of VMCOREINFO lies in the section.
std::optional<ElfNote> find_vmcoreinfo(Bytes section);
// NT_PRSTATUS notes: the CPUs that saved their registers.
std::size_t count_cpus(Bytes section);

} // namespace kdumpkit::dump::format
