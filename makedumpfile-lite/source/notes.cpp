// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/source/notes.h"

#include <bit>

namespace kdumpkit::dump {

namespace {

constexpr std::size_t max_vmcoreinfo = std::size_t{1} << 20;

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

std::string_view vmcoreinfo_text(Bytes notes) {
    NoteWalk walk(notes);
    while (const auto note = walk.next()) {
        if (note->name != "VMCOREINFO")
            continue;
        const std::string_view text = as_text(note->description).substr(0, max_vmcoreinfo);
        return text.substr(0, text.find('\0'));
    }
    return {};
}

std::optional<std::uint64_t> vmcoreinfo_page_size(std::string_view vmcoreinfo) {
    constexpr std::string_view key = "PAGESIZE=";
    auto at = vmcoreinfo.find(key);
    if (at == std::string_view::npos || (at != 0 && vmcoreinfo[at - 1] != '\n'))
        return std::nullopt;
    at += key.size();
    const auto size = parse_number(vmcoreinfo.substr(at, vmcoreinfo.find('\n', at) - at));
    return size && std::has_single_bit(*size) && *size >= 4096 && *size <= 65536 ? size : std::nullopt;
}

} // namespace kdumpkit::dump
