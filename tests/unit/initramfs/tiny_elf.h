// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/bytes.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <elf.h>

namespace kdumpkit::initramfs::test {

// Just enough of a program or shared library for a reader of dynamic segments.
struct TinyObject {
    std::vector<std::string> needed;
    std::string soname, rpath, runpath, interpreter;
    unsigned machine = EM_X86_64;
};

class ElfImage {
  public:
    template<class T>
    std::size_t put(const T& value) {
        return put(bytes_of(value));
    }
    std::size_t put(Bytes bytes) {
        const std::size_t at = image.size();
        image.insert(image.end(), bytes.begin(), bytes.end());
        return at;
    }
    template<class T>
    void patch(std::size_t at, const T& value) {
        std::memcpy(image.data() + at, &value, sizeof value);
    }
    std::vector<std::byte> image;
};

inline Elf64_Ehdr elf_header(unsigned type, unsigned machine) {
    Elf64_Ehdr header{};
    std::memcpy(header.e_ident, ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = ELFCLASS64;
    header.e_ident[EI_DATA] = ELFDATA2LSB;
    header.e_ident[EI_VERSION] = EV_CURRENT;
    header.e_type = static_cast<Elf64_Half>(type);
    header.e_machine = static_cast<Elf64_Half>(machine);
    header.e_version = EV_CURRENT;
    header.e_ehsize = sizeof(Elf64_Ehdr);
    header.e_phentsize = sizeof(Elf64_Phdr);
    header.e_shentsize = sizeof(Elf64_Shdr);
    return header;
}

// Addresses are file offsets; 100 bytes of "debug information" and one section header lie behind the
// segments.
inline std::vector<std::byte> make_object(const TinyObject& object) {
    ElfImage elf;
    Elf64_Ehdr header = elf_header(ET_DYN, object.machine);
    header.e_phoff = sizeof(Elf64_Ehdr);
    header.e_phnum = 3;
    elf.put(header);
    Elf64_Phdr segments[3] = {};
    elf.put(segments);

    std::string strings(1, '\0');
    std::vector<Elf64_Dyn> dynamic;
    const auto add = [&](Elf64_Sxword tag, const std::string& text) {
        Elf64_Dyn entry{};
        entry.d_tag = tag;
        entry.d_un.d_val = strings.size();
        strings += text + '\0';
        dynamic.push_back(entry);
    };
    for (const std::string& name : object.needed)
        add(DT_NEEDED, name);
    if (!object.soname.empty())
        add(DT_SONAME, object.soname);
    if (!object.rpath.empty())
        add(DT_RPATH, object.rpath);
    if (!object.runpath.empty())
        add(DT_RUNPATH, object.runpath);
    Elf64_Dyn table{};
    table.d_tag = DT_STRTAB;
    table.d_un.d_ptr = elf.put(as_bytes(strings));
    dynamic.push_back(table);
    dynamic.push_back(Elf64_Dyn{});
    while (elf.image.size() % 8 != 0)
        elf.image.push_back(std::byte{0});

    segments[1].p_type = PT_DYNAMIC;
    segments[1].p_offset = segments[1].p_vaddr = elf.image.size();
    segments[1].p_filesz = segments[1].p_memsz = dynamic.size() * sizeof(Elf64_Dyn);
    for (const Elf64_Dyn& entry : dynamic)
        elf.put(entry);
    if (!object.interpreter.empty()) {
        segments[2].p_type = PT_INTERP;
        segments[2].p_offset = segments[2].p_vaddr = elf.put(as_bytes(object.interpreter + '\0'));
        segments[2].p_filesz = segments[2].p_memsz = object.interpreter.size() + 1;
    }
    segments[0].p_type = PT_LOAD;
    segments[0].p_filesz = segments[0].p_memsz = elf.image.size();
    elf.patch(sizeof(Elf64_Ehdr), segments);

    elf.image.resize(elf.image.size() + 100, std::byte{0x5a});
    header.e_shoff = elf.image.size();
    header.e_shnum = 1;
    elf.put(Elf64_Shdr{});
    elf.patch(0, header);
    return elf.image;
}

// A relocatable file whose .modinfo holds the entries ("depends=a,b").
inline std::vector<std::byte> make_module(const std::vector<std::string>& entries) {
    std::string modinfo;
    for (const std::string& entry : entries)
        modinfo += entry + '\0';
    const std::string names = std::string("\0.modinfo\0.shstrtab\0", 20);
    ElfImage elf;
    Elf64_Ehdr header = elf_header(ET_REL, EM_X86_64);
    elf.put(header);
    Elf64_Shdr sections[3] = {};
    sections[1].sh_name = 1;
    sections[1].sh_type = SHT_PROGBITS;
    sections[1].sh_flags = SHF_ALLOC;
    sections[1].sh_offset = elf.put(as_bytes(modinfo));
    sections[1].sh_size = modinfo.size();
    sections[1].sh_addralign = 1;
    sections[2].sh_name = 10;
    sections[2].sh_type = SHT_STRTAB;
    sections[2].sh_offset = elf.put(as_bytes(names));
    sections[2].sh_size = names.size();
    sections[2].sh_addralign = 1;
    while (elf.image.size() % 8 != 0)
        elf.image.push_back(std::byte{0});
    header.e_shoff = elf.put(sections);
    header.e_shnum = 3;
    header.e_shstrndx = 2;
    elf.patch(0, header);
    return elf.image;
}

} // namespace kdumpkit::initramfs::test
