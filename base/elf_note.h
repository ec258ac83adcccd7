// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/bytes.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kdumpkit {

// One ELF note (ELF gABI, "Note Section"): 4-byte aligned name and description, as Linux writes them for
// ELF64 too.
struct Note {
    std::string_view name; // without its NUL
    std::uint32_t type = 0;
    Bytes description;
};

// Walks notes that a crashed machine wrote. next() answers nullopt at the end; damaged() then tells whether
// the end was reached because a note reaches beyond its section. Zero padding between notes, which
// /proc/vmcore may hold, is skipped.
class NoteWalk {
  public:
    explicit NoteWalk(Bytes notes) : reader_(notes) {}
    std::optional<Note> next();
    [[nodiscard]] bool damaged() const { return damaged_; }
    // Bytes that were walked over.
    [[nodiscard]] std::uint64_t position() const { return std::min<std::uint64_t>(offset_, reader_.size()); }

  private:
    ByteReader reader_;
    std::uint64_t offset_ = 0;
    bool damaged_ = false;
};

// The GNU build id among ELF notes, as lower-case hex; empty when there is none.
std::string build_id_of(Bytes notes);

} // namespace kdumpkit
