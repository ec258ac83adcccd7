// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <string_view>

namespace kdumpkit::dump::format {

// The note, last in its section, by which an ELF core of ours says that it is not whole; the ELF format has
// no place for that. It is there from the first byte on and goes with the last step of writing, so that a
// writer that was killed leaves it. Its text is lines as those of VMCOREINFO:
//   STATUS=incomplete
//   PAGES=2048          that were to be written
// Readers that do not know it pass over it.
inline constexpr std::string_view partial_note_name = "KDUMPKIT";
inline constexpr std::uint32_t partial_note_type = 0; // as VMCOREINFO has it
inline constexpr std::string_view partial_note_text = "STATUS=incomplete\n";

} // namespace kdumpkit::dump::format
