// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/strip.h"

#include "base/bytes.h"
#include "base/range.h"

#include <algorithm>
#include <cstring>

#include <elf.h>

namespace kdumpkit::initramfs {
namespace {

// Bytes from the start of the file that the program headers need, or 0 when the file should be left alone.
std::uint64_t needed_bytes(const ByteReader& file, const Elf64_Ehdr& header) {
    if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_ident[EI_CLASS] != ELFCLASS64 ||
        header.e_ident[EI_DATA] != ELFDATA2LSB)
        return 0;
    if (header.e_type != ET_EXEC && header.e_type != ET_DYN)
        return 0;
    // PN_XNUM: the number of program headers is kept in section header 0, which has to stay then.
    if (header.e_phnum == 0 || header.e_phnum == PN_XNUM || header.e_phentsize != sizeof(Elf64_Phdr))
        return 0;
    const std::uint64_t table = std::uint64_t{header.e_phnum} * sizeof(Elf64_Phdr);
    const auto headers_end = checked_add(header.e_phoff, table);
    if (!headers_end)
        return 0;
    std::uint64_t end = std::max<std::uint64_t>(sizeof(Elf64_Ehdr), *headers_end);
    bool loadable = false;
    for (unsigned i = 0; i < header.e_phnum; ++i) {
        const auto segment = file.raw<Elf64_Phdr>(header.e_phoff + i * sizeof(Elf64_Phdr));
        if (!segment)
            return 0;
        const auto segment_end = checked_add(segment->p_offset, segment->p_filesz);
        if (!segment_end)
            return 0;
        if (segment->p_filesz != 0)
            end = std::max(end, *segment_end);
        loadable |= segment->p_type == PT_LOAD;
    }
    return loadable && end <= file.size() ? end : 0;
}

} // namespace

std::vector<std::byte> strip(std::vector<std::byte> program) {
    const ByteReader file(program);
    auto header = file.raw<Elf64_Ehdr>(0);
    if (!header)
        return program;
    const std::uint64_t end = needed_bytes(file, *header);
    if (end == 0)
        return program;
    header->e_shoff = 0;
    header->e_shnum = 0;
    header->e_shstrndx = SHN_UNDEF;
    std::memcpy(program.data(), &*header, sizeof *header);
    program.resize(end);
    return program;
}

} // namespace kdumpkit::initramfs
