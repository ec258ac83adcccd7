// SPDX-License-Identifier: GPL-2.0-or-later
#include "loader/kcore.h"

#include <optional>

#include <elf.h>
#include <fmt/format.h>

namespace kdumpkit::loader {

namespace {

constexpr const char* name = "/proc/kcore";
constexpr const char* advice =
    "run it where /proc/kcore can be read (CONFIG_PROC_KCORE, CAP_SYS_RAWIO), or load a bzImage with "
    "--syscall kexec_file_load: the kernel then describes its memory itself";
// __START_KERNEL_map: Documentation/arch/x86/x86_64/mm.rst, the same with 4 and 5 levels.
constexpr std::uint64_t kernel_map = 0xffffffff80000000;
constexpr std::uint64_t upper_half = 0xff00000000000000;

} // namespace

Result<KernelMapping> parse_kcore(Bytes headers) {
    if (headers.empty())
        return fail(make_error(ErrorKind::absent, "read", name,
                               "it is needed to know where the kernel's memory is mapped")
                        .then(advice));
    const ByteReader reader(headers);
    const auto header = reader.raw<Elf64_Ehdr>(0);
    if (!header || as_text(headers.first(4)) != ELFMAG || header->e_ident[EI_CLASS] != ELFCLASS64 ||
        header->e_machine != EM_X86_64 || header->e_phentsize != sizeof(Elf64_Phdr))
        return fail(ErrorKind::corrupt, "parse", name, "it is not a 64-bit x86 ELF file");

    std::optional<std::uint64_t> page_offset;
    std::optional<KernelMapping> text;
    for (std::uint64_t i = 0; i < header->e_phnum; ++i) {
        const auto at = checked_add(header->e_phoff, i * sizeof(Elf64_Phdr));
        const auto program = at ? reader.raw<Elf64_Phdr>(*at) : std::nullopt;
        if (!program)
            return fail(ErrorKind::corrupt, "parse", name, fmt::format("program header {} is missing", i));
        // -1: vmalloc, modules, vmemmap: not one piece of physical memory.
        if (program->p_type != PT_LOAD || program->p_paddr == ~std::uint64_t{0} || program->p_memsz == 0)
            continue;
        const auto end = checked_add(program->p_vaddr, program->p_memsz);
        const auto memory_end = checked_add(program->p_paddr, program->p_memsz);
        if (!end || !memory_end || program->p_vaddr < upper_half)
            return fail(ErrorKind::corrupt, "parse", name,
                        fmt::format("program header {} maps {:#x} bytes at {:#x}", i, program->p_memsz,
                                    program->p_vaddr));
        if (program->p_vaddr >= kernel_map) {
            if (!text)
                text = KernelMapping{0, {program->p_vaddr, *end}, program->p_paddr};
            continue;
        }
        const std::uint64_t offset = program->p_vaddr - program->p_paddr;
        if (page_offset && *page_offset != offset)
            return fail(ErrorKind::corrupt, "parse", name,
                        fmt::format("two answers for the start of the direct mapping: {:#x} and {:#x}",
                                    *page_offset, offset));
        page_offset = offset;
    }
    if (!page_offset || !text)
        return fail(make_error(ErrorKind::absent, "read", name,
                               fmt::format("it does not tell where the {} is mapped",
                                           text ? "memory" : "kernel's own image"))
                        .then(advice));
    text->page_offset = *page_offset;
    return *text;
}

} // namespace kdumpkit::loader
