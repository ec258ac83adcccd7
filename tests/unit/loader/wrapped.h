// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/bytes.h"
#include "tests/unit/loader/fixtures.h"

#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include <elf.h>

namespace kdumpkit::loader::fixtures {

// A PE program of these sections, padded as linkers do it.
inline std::vector<std::byte>
pe(const std::vector<std::pair<std::string, std::vector<std::byte>>>& sections) {
    constexpr std::size_t header = 0x80, table = header + 24 + 0x20, alignment = 0x200;
    std::vector<std::byte> file((table + sections.size() * 40 + alignment - 1) / alignment * alignment);
    const auto put = [&](std::size_t at, auto value) {
        std::memcpy(file.data() + at, &value, sizeof(value));
    };
    std::memcpy(file.data(), "MZ", 2);
    put(0x3c, static_cast<std::uint32_t>(header));
    std::memcpy(file.data() + header, "PE\0\0", 4);
    put(header + 6, static_cast<std::uint16_t>(sections.size()));
    put(header + 20, std::uint16_t{0x20});
    for (std::size_t i = 0; i < sections.size(); ++i) {
        const auto& [name, content] = sections[i];
        const std::size_t at = table + i * 40, where = file.size();
        const std::size_t raw = (content.size() + alignment - 1) / alignment * alignment;
        std::memcpy(file.data() + at, name.data(), std::min<std::size_t>(name.size(), 8));
        put(at + 8, static_cast<std::uint32_t>(content.size()));
        put(at + 16, static_cast<std::uint32_t>(raw));
        put(at + 20, static_cast<std::uint32_t>(where));
        append(file, content);
        file.resize(where + raw);
    }
    return file;
}
inline std::vector<std::byte> bytes(std::string_view text) {
    const Bytes view = as_bytes(text);
    return {view.begin(), view.end()};
}

inline std::vector<std::byte> zboot(Bytes payload, const std::string& compression) {
    std::vector<std::byte> file(64);
    std::memcpy(file.data(), "MZ\0\0zimg", 8);
    poke(file, 8, std::uint32_t{64});
    poke(file, 12, static_cast<std::uint32_t>(payload.size()));
    std::memcpy(file.data() + 24, compression.data(), compression.size());
    append(file, payload);
    return file;
}

// A vmlinux with two segments, a PVH note, and its banner; entry at 0x40 of the first.
struct VmlinuxParts {
    Elf64_Ehdr header{};
    std::vector<Elf64_Phdr> programs;
    std::vector<std::byte> content;

    [[nodiscard]] std::vector<std::byte> file() const {
        std::vector<std::byte> bytes;
        append(bytes, bytes_of(header));
        append(bytes, std::as_bytes(std::span(programs)));
        bytes.resize(0x1000);
        append(bytes, content);
        return bytes;
    }
};
// `movable`: by its PVH entry, too (XEN_ELFNOTE_PHYS32_RELOC).
inline VmlinuxParts vmlinux(bool movable = false) {
    VmlinuxParts parts;
    Elf64_Ehdr& elf = parts.header;
    std::memcpy(elf.e_ident, ELFMAG, SELFMAG);
    elf.e_ident[EI_CLASS] = ELFCLASS64;
    elf.e_ident[EI_DATA] = ELFDATA2LSB;
    elf.e_type = ET_EXEC;
    elf.e_machine = EM_X86_64;
    elf.e_entry = 0x1000040;
    elf.e_phoff = sizeof(elf);
    elf.e_phentsize = sizeof(Elf64_Phdr);
    elf.e_phnum = 3;
    const auto load = [&](std::uint64_t offset, std::uint64_t physical, std::uint64_t in_file,
                          std::uint64_t in_memory) {
        Elf64_Phdr header{};
        header.p_type = PT_LOAD;
        header.p_offset = offset;
        header.p_paddr = physical;
        header.p_vaddr = 0xffffffff80000000 + physical;
        header.p_filesz = in_file;
        header.p_memsz = in_memory;
        parts.programs.push_back(header);
    };
    parts.content.assign(0x5000, std::byte{0x90});
    std::memcpy(parts.content.data() + 0x100, "Linux version %s (%s)", 22);
    std::memcpy(parts.content.data() + 0x200, "Linux version 6.1.0-elf (x@y) #1\n", 34);
    load(0x1000, 0x1000000, 0x2000, 0x2000);
    load(0x3000, 0x1200000, 0x1000, 0x100000);
    Elf64_Phdr note{};
    note.p_type = PT_NOTE;
    note.p_offset = 0x5000;
    note.p_filesz = movable ? 52 : 24;
    parts.programs.push_back(note);
    const std::uint32_t words[] = {4, 8, 18, 0x006e6558, 0x10001d0, 0}; // "Xen", XEN_ELFNOTE_PHYS32_ENTRY
    std::memcpy(parts.content.data() + 0x4000, words, sizeof(words));
    const std::uint32_t where[] = {4, 12, 19, 0x006e6558, 0x400000, 0x1000000, 0x3fffffff};
    std::memcpy(parts.content.data() + 0x4018, where, sizeof(where));
    return parts;
}

inline std::vector<std::byte> arm64_image(std::size_t size = 0x20000, std::uint64_t in_memory = 0x30000) {
    std::vector<std::byte> file(size);
    poke(file, 8, std::uint64_t{0});
    poke(file, 16, in_memory);
    poke(file, 24, std::uint64_t{0xa}); // little-endian, 4 KiB pages, anywhere
    std::memcpy(file.data() + 56, "ARM\x64", 4);
    return file;
}

} // namespace kdumpkit::loader::fixtures
