// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/format/elf_notes.h"

#include <elf.h>

namespace kdumpkit::dump::format {

namespace {

constexpr std::size_t header_size = 12; // three 32-bit words

constexpr std::uint64_t padded(std::uint64_t size) {
    return (size + 3) & ~std::uint64_t{3};
}

} // namespace

void for_each_note(Bytes section, const std::function<bool(const ElfNote&)>& visit) {
    const ByteReader reader(section);
    std::uint64_t at = 0;
    while (at + header_size <= section.size()) {
        const std::uint64_t name_size = *reader.u32(at);
        const std::uint64_t size = *reader.u32(at + 4);
        const std::uint32_t type = *reader.u32(at + 8);
        const std::uint64_t contents = at + header_size + padded(name_size);
        const auto name = reader.slice(at + header_size, name_size);
        if (!name || !reader.slice(contents, size))
            return;
        const auto text = as_text(*name);
        if (!visit({text.substr(0, text.find('\0')), type, contents, size}))
            return;
        at = contents + padded(size);
    }
}

std::optional<ElfNote> find_vmcoreinfo(Bytes section) {
    std::optional<ElfNote> found;
    for_each_note(section, [&](const ElfNote& note) {
        if (note.name == "VMCOREINFO")
            found = note;
        return !found;
    });
    return found;
}

std::size_t count_cpus(Bytes section) {
    std::size_t count = 0;
    for_each_note(section, [&](const ElfNote& note) {
        count += note.name == "CORE" && note.type == NT_PRSTATUS ? 1 : 0;
        return true;
    });
    return count;
}

} // namespace kdumpkit::dump::format
