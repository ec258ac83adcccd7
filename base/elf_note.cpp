// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/elf_note.h"

#include <fmt/format.h>

namespace kdumpkit {

namespace {

constexpr std::uint32_t note_gnu_build_id = 3; // NT_GNU_BUILD_ID

std::uint64_t aligned(std::uint64_t size) {
    return (size + 3) & ~std::uint64_t{3};
}

} // namespace

std::optional<Note> NoteWalk::next() {
    constexpr std::uint64_t header_size = 12;
    while (offset_ < reader_.size()) {
        const auto name_size = reader_.u32(offset_);
        const auto description_size = reader_.u32(offset_ + 4);
        const auto type = reader_.u32(offset_ + 8);
        if (!name_size || !description_size || !type) {
            // Up to 11 trailing bytes are alignment, not a note, as long as they are zero.
            for (std::uint64_t at = offset_; at < reader_.size(); ++at)
                damaged_ = damaged_ || reader_.u8(at) != 0;
            offset_ = reader_.size();
            return std::nullopt;
        }
        if (*name_size == 0 && *description_size == 0) {
            offset_ += 4;
            continue;
        }
        const std::uint64_t name_at = offset_ + header_size;
        const std::uint64_t description_at = name_at + aligned(*name_size);
        const auto name = reader_.slice(name_at, *name_size);
        const auto description = reader_.slice(description_at, *description_size);
        if (!name || !description) {
            damaged_ = true;
            offset_ = reader_.size();
            return std::nullopt;
        }
        offset_ = description_at + aligned(*description_size);
        std::string_view text = as_text(*name);
        text = text.substr(0, text.find('\0'));
        return Note{text, *type, *description};
    }
    return std::nullopt;
}

std::string build_id_of(Bytes notes) {
    NoteWalk walk(notes);
    while (const auto note = walk.next()) {
        if (note->name != "GNU" || note->type != note_gnu_build_id)
            continue;
        std::string hex;
        for (const std::byte byte : note->description)
            hex += fmt::format("{:02x}", static_cast<unsigned>(byte));
        return hex;
    }
    return {};
}

} // namespace kdumpkit
