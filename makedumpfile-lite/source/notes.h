// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/elf_note.h"

#include <cstdint>
#include <optional>
#include <string_view>

namespace kdumpkit::dump {

// The text of the first VMCOREINFO note, up to its NUL; empty when there is none. At most 1 MiB of it.
std::string_view vmcoreinfo_text(Bytes notes);
// PAGESIZE of a VMCOREINFO text, when it is a power of two from 4096 to 65536. The kernel part reads the rest
// properly.
std::optional<std::uint64_t> vmcoreinfo_page_size(std::string_view vmcoreinfo);

} // namespace kdumpkit::dump
