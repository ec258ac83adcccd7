// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/bytes.h"

#include <cstring>
#include <string>
#include <vector>

#include <elf.h>

namespace kdumpkit::dump::test {

// An ELF core put together piece by piece, lies included. Headers come first, then what put() places.
struct ElfFile {
    Elf64_Ehdr header{};
    std::vector<Elf64_Phdr> programs;
    std::vector<std::byte> bytes; // the whole file, headers written by finish()

    ElfFile() {
        std::memcpy(header.e_ident, ELFMAG, SELFMAG);
        header.e_ident[EI_CLASS] = ELFCLASS64;
        header.e_ident[EI_DATA] = ELFDATA2LSB;
        header.e_type = ET_CORE;
        header.e_machine = EM_X86_64;
        header.e_phoff = sizeof(header);
        header.e_phentsize = sizeof(Elf64_Phdr);
    }
    void put(std::size_t offset, Bytes what) {
        if (bytes.size() < offset + what.size())
            bytes.resize(offset + what.size());
        std::copy(what.begin(), what.end(), bytes.begin() + static_cast<std::ptrdiff_t>(offset));
    }
    void fill(std::size_t offset, std::size_t size, char value) {
        const std::string text(size, value);
        put(offset, as_bytes(text));
    }
    void load(std::uint64_t paddr, std::uint64_t size, std::uint64_t offset, std::uint64_t vaddr = 0) {
        Elf64_Phdr program{};
        program.p_type = PT_LOAD;
        program.p_paddr = paddr;
        program.p_vaddr = vaddr;
        program.p_offset = offset;
        program.p_filesz = program.p_memsz = size;
        programs.push_back(program);
    }
    void notes(std::uint64_t offset, std::uint64_t size) {
        Elf64_Phdr program{};
        program.p_type = PT_NOTE;
        program.p_offset = offset;
        program.p_filesz = size;
        programs.push_back(program);
    }
    std::vector<std::byte> finish() {
        if (header.e_phnum == 0)
            header.e_phnum = static_cast<Elf64_Half>(programs.size());
        put(0, bytes_of(header));
        put(sizeof(header), std::as_bytes(std::span(programs)));
        return bytes;
    }
};

} // namespace kdumpkit::dump::test
