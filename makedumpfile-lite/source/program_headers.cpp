// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/source/program_headers.h"

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

#include <fmt/format.h>

namespace kdumpkit::dump {

namespace {

// /proc/vmcore has one PT_LOAD per System RAM range, a few hundred at most.
constexpr std::uint64_t max_program_headers = std::uint64_t{1} << 17;

Result<std::uint64_t> program_header_count(const Content& file, const Elf64_Ehdr& header) {
    if (header.e_phnum != PN_XNUM)
        return header.e_phnum;
    // gABI: the real number is in sh_info of section header 0.
    Elf64_Shdr section{};
    if (header.e_shoff == 0 || header.e_shoff > file.size() || file.size() - header.e_shoff < sizeof(section))
        return fail(corrupt_elf(file, header.e_shoff,
                                "more than 65534 program headers, but no section header that counts them"));
    KDK_TRY(file.read(header.e_shoff, std::as_writable_bytes(std::span(&section, 1))));
    return section.sh_info;
}

} // namespace

Error corrupt_elf(const Content& file, std::uint64_t offset, std::string reason) {
    return make_error(ErrorKind::corrupt, "open", file.name(), std::move(reason))
        .at(offset)
        .from(ErrorSide::source);
}

Result<ProgramHeaderTable> find_program_headers(const Content& file) {
    Elf64_Ehdr header{};
    if (file.size() < sizeof(header))
        return fail(corrupt_elf(file, file.size(), "the file ends inside the ELF header"));
    KDK_TRY(file.read(0, std::as_writable_bytes(std::span(&header, 1))));
    if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != ELFDATA2LSB)
        return fail(make_error(ErrorKind::unsupported, "open", file.name(),
                               "an ELF core of a 32-bit or big-endian machine")
                        .from(ErrorSide::source));
    if (header.e_type != ET_CORE)
        return fail(make_error(ErrorKind::corrupt, "open", file.name(),
                               fmt::format("an ELF file of type {}, not a core", header.e_type))
                        .then("name a /proc/vmcore or a copy of one")
                        .from(ErrorSide::source));
    KDK_ASSIGN(const std::uint64_t count, program_header_count(file, header));
    if (count == 0)
        return fail(corrupt_elf(file, offsetof(Elf64_Ehdr, e_phnum), "an ELF core without program headers"));
    if (header.e_phentsize != sizeof(Elf64_Phdr))
        return fail(corrupt_elf(file, offsetof(Elf64_Ehdr, e_phentsize),
                                fmt::format("program headers of {} bytes", header.e_phentsize)));
    if (count > max_program_headers)
        return fail(
            make_error(ErrorKind::unsupported, "open", file.name(), fmt::format("{} program headers", count))
                .from(ErrorSide::source));
    if (header.e_phoff > file.size() || file.size() - header.e_phoff < count * sizeof(Elf64_Phdr))
        return fail(corrupt_elf(file, header.e_phoff,
                                fmt::format("the file ends inside its {} program headers", count)));
    return ProgramHeaderTable{.machine = header.e_machine, .offset = header.e_phoff, .count = count};
}

Result<> each_program_header(const Content& file, const ProgramHeaderTable& table,
                             const std::function<Result<>(const Elf64_Phdr&, std::uint64_t at)>& take) {
    std::vector<Elf64_Phdr> batch(std::min<std::uint64_t>(table.count, 1024));
    for (std::uint64_t done = 0; done < table.count;) {
        const std::size_t size = std::min<std::uint64_t>(batch.size(), table.count - done);
        const std::uint64_t at = table.offset + done * sizeof(Elf64_Phdr);
        KDK_TRY(file.read(at, std::as_writable_bytes(std::span(batch.data(), size))));
        for (std::size_t i = 0; i < size; ++i)
            KDK_TRY(take(batch[i], at + i * sizeof(Elf64_Phdr)));
        done += size;
    }
    return {};
}

} // namespace kdumpkit::dump
