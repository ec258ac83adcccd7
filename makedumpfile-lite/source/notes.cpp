// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/source/notes.h"

#include <bit>

namespace kdumpkit::dump {

namespace {

constexpr std::size_t max_vmcoreinfo = std::size_t{1} << 20;

} // namespace

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
