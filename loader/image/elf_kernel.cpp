// SPDX-License-Identifier: GPL-2.0-or-later
#include "loader/image/elf_kernel.h"

#include "base/range.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include <elf.h>
#include <fmt/format.h>

namespace kdumpkit::loader {

namespace {

constexpr std::uint64_t largest_kernel = std::uint64_t{1} << 30;
constexpr std::uint64_t kernel_half = 0xffff800000000000;
constexpr std::uint64_t huge_page = std::uint64_t{2} << 20;
// COMMAND_LINE_SIZE of arch/x86/include/asm/setup.h without the NUL.
constexpr std::uint64_t command_line_size = 2047;
// A vmlinux has fewer than ten, and some KiB of notes. Without a bound a small file makes hours of work.
constexpr std::uint64_t most_headers = 256;
constexpr std::uint64_t most_notes = std::uint64_t{1} << 20; // bytes
// include/xen/interface/elfnote.h; the second has up to three 32-bit values: alignment, lowest address, last
// address of the whole kernel.
constexpr std::uint32_t xen_phys32_entry = 18, xen_phys32_reloc = 19;

Failure corrupt(const std::string& name, std::string reason) {
    return fail(make_error(ErrorKind::corrupt, "use the kernel", name, std::move(reason))
                    .then("copy the file again, or build it again"));
}

std::string machine_name(std::uint16_t machine) {
    switch (machine) {
    case EM_386:
        return "32-bit x86";
    case EM_AARCH64:
        return "AArch64";
    case EM_ARM:
        return "ARM";
    case EM_RISCV:
        return "RISC-V";
    case EM_PPC64:
        return "PowerPC";
    case EM_S390:
        return "s390";
    case 258: // EM_LOONGARCH, newer than Debian 12's elf.h
        return "LoongArch";
    default:
        return fmt::format("machine number {}", machine);
    }
}

std::vector<Elf64_Phdr> program_headers(Bytes file, const Elf64_Ehdr& elf) {
    std::vector<Elf64_Phdr> headers;
    if (elf.e_phentsize != sizeof(Elf64_Phdr))
        return headers;
    for (std::uint64_t i = 0; i < elf.e_phnum; ++i)
        if (const auto at = checked_add(elf.e_phoff, i * sizeof(Elf64_Phdr)); at)
            if (const auto header = ByteReader(file).raw<Elf64_Phdr>(*at); header)
                headers.push_back(*header);
    return headers;
}

// Linked into the kernel's half of the address space (the per-CPU area of older kernels is linked at 0).
bool is_linux(const std::vector<Elf64_Phdr>& headers) {
    const auto first = std::ranges::find_if(
        headers, [](const Elf64_Phdr& h) { return h.p_type == PT_LOAD && h.p_memsz != 0; });
    return first != headers.end() && first->p_vaddr >= kernel_half && first->p_paddr < first->p_vaddr;
}

// What the kernel says of `type` in its Xen notes; empty when it says nothing.
std::optional<Bytes> find_xen_note(Bytes file, const std::vector<Elf64_Phdr>& headers, std::uint32_t type) {
    for (const Elf64_Phdr& header : headers) {
        if (header.p_type != PT_NOTE || header.p_filesz > most_notes)
            continue;
        const auto notes = ByteReader(file).slice(header.p_offset, header.p_filesz);
        if (!notes)
            continue;
        const ByteReader reader(*notes);
        for (std::uint64_t at = 0; const auto note = reader.raw<Elf64_Nhdr>(at);) {
            const std::uint64_t words = at + sizeof(Elf64_Nhdr),
                                value = words + (note->n_namesz + 3ULL) / 4 * 4;
            if (note->n_type == type && reader.c_string(words, note->n_namesz) == "Xen")
                return reader.slice(value, note->n_descsz);
            at = value + (note->n_descsz + 3ULL) / 4 * 4;
        }
    }
    return std::nullopt;
}

std::optional<PvhEntry> find_pvh_entry(Bytes file, const std::vector<Elf64_Phdr>& headers) {
    const auto entry = find_xen_note(file, headers, xen_phys32_entry);
    if (!entry)
        return std::nullopt;
    const ByteReader number(*entry);
    const auto address = entry->size() >= 8 ? number.u64(0) : std::optional<std::uint64_t>(number.u32(0));
    if (!address)
        return std::nullopt;
    PvhEntry pvh{*address};
    if (const auto where = find_xen_note(file, headers, xen_phys32_reloc)) {
        const ByteReader values(*where);
        const std::uint64_t alignment = values.u32(0).value_or(huge_page), lowest = values.u32(4).value_or(0),
                            last = values.u32(8).value_or(0xffffffff);
        // One that makes no sense permits nothing.
        if (std::has_single_bit(alignment) && lowest <= last) {
            pvh.alignment = alignment;
            pvh.places = {lowest, last + 1};
        }
    }
    return pvh;
}

// As the setup header of a bzImage would have it: what the kernel looks at in the zero page.
std::vector<std::byte> setup_header() {
    std::vector<std::byte> header(0x268 - Kernel::header_offset);
    const auto put = [&](std::size_t at, auto value) {
        std::memcpy(header.data() + at - Kernel::header_offset, &value, sizeof(value));
    };
    put(0x1fe, std::uint16_t{0xaa55});
    std::memcpy(header.data() + 0x202 - Kernel::header_offset, "HdrS", 4);
    put(0x206, std::uint16_t{0x020f});
    put(0x211, std::uint8_t{1}); // LOADED_HIGH
    put(0x230, static_cast<std::uint32_t>(huge_page));
    put(0x234, std::uint8_t{1});
    put(0x238, static_cast<std::uint32_t>(command_line_size));
    return header;
}

// "Linux version 6.1.0 (...) #1 ...": linux_banner, in rodata.
std::string banner(Bytes content) {
    const std::string_view text = as_text(content);
    const std::string_view start = "Linux version ";
    // The kernel's sources hold the same words as a format ("%s"), so look for a digit behind them.
    for (std::size_t at = text.find(start); at != std::string_view::npos; at = text.find(start, at + 1)) {
        const std::string_view rest = text.substr(at + start.size(), 256);
        if (!rest.empty() && rest.front() >= '0' && rest.front() <= '9')
            return std::string(rest.substr(0, rest.find_first_of(std::string_view("\n\0", 2))));
    }
    return {};
}

} // namespace

std::string describe_elf(Bytes file) {
    const auto elf = ByteReader(file).raw<Elf64_Ehdr>(0);
    if (!elf)
        return "an ELF file cut off inside its header";
    if (elf->e_ident[EI_CLASS] != ELFCLASS64 || elf->e_ident[EI_DATA] != ELFDATA2LSB ||
        elf->e_machine != EM_X86_64) {
        const std::uint16_t machine =
            elf->e_ident[EI_DATA] == ELFDATA2MSB ? byte_swapped(elf->e_machine) : elf->e_machine;
        return fmt::format("an ELF file of another machine ({})", machine_name(machine));
    }
    if (elf->e_type == ET_REL)
        return "a kernel module or object file (ELF)";
    if (elf->e_type == ET_CORE)
        return "an ELF core dump";
    const auto headers = program_headers(file, *elf);
    if (headers.size() == elf->e_phnum && !is_linux(headers))
        return "an ELF program";
    return {};
}

Result<Kernel> parse_elf_kernel(Bytes file, const std::string& name) {
    if (const std::string other = describe_elf(file); !other.empty())
        return fail(make_error(ErrorKind::invalid, "use the kernel", name, "it is " + other)
                        .then("give the bzImage or the vmlinux of a kernel for this machine"));
    const auto elf = *ByteReader(file).raw<Elf64_Ehdr>(0);
    const std::vector<Elf64_Phdr> headers = program_headers(file, elf);
    if (headers.size() < elf.e_phnum)
        return corrupt(name, "it is truncated inside its program headers");
    if (headers.size() > most_headers)
        return corrupt(name, fmt::format("it has {} program headers", headers.size()));

    RangeSet taken;
    std::uint64_t low = ~std::uint64_t{0}, high = 0;
    for (const Elf64_Phdr& header : headers) {
        if (header.p_type != PT_LOAD || header.p_memsz == 0)
            continue;
        const auto end = checked_add(header.p_paddr, header.p_memsz);
        if (!end || header.p_filesz > header.p_memsz)
            return corrupt(name, fmt::format("its segment at {:#x} contradicts itself", header.p_paddr));
        if (!ByteReader(file).slice(header.p_offset, header.p_filesz))
            return corrupt(name,
                           fmt::format("it is truncated: its segment at {:#x} ends after the file's {} bytes",
                                       header.p_paddr, file.size()));
        if (!taken.intersection(RangeSet{Range{header.p_paddr, *end}}).empty())
            return corrupt(name, fmt::format("its segment at {:#x} lies on another one", header.p_paddr));
        taken.add({header.p_paddr, *end});
        low = std::min(low, header.p_paddr);
        high = std::max(high, *end);
    }
    if (low >= high || high - low > largest_kernel)
        return corrupt(name, fmt::format("its segments span {:#x}-{:#x}", low, high));
    if (low % huge_page != 0)
        return corrupt(name, fmt::format("it is linked at {:#x}, which is not on 2 MiB", low));
    const auto pvh = find_pvh_entry(file, headers);
    const bool has_entry64 = elf.e_entry >= low && elf.e_entry < high;
    if (!has_entry64 && !pvh)
        return fail(
            make_error(ErrorKind::unsupported, "use the kernel", name,
                       fmt::format("its entry {:#x} is not a physical address inside it", elf.e_entry))
                .then("give the bzImage"));

    auto memory = std::make_shared<std::vector<std::byte>>();
    for (const Elf64_Phdr& header : headers) {
        if (header.p_type != PT_LOAD || header.p_filesz == 0)
            continue;
        const Bytes content = *ByteReader(file).slice(header.p_offset, header.p_filesz);
        const std::uint64_t at = header.p_paddr - low;
        memory->resize(std::max<std::size_t>(memory->size(), at + content.size()));
        std::ranges::copy(content, memory->begin() + static_cast<std::ptrdiff_t>(at));
    }
    if (has_entry64 && elf.e_entry - low >= memory->size())
        return corrupt(name, "there is no code at its entry");
    Kernel kernel;
    kernel.kind = "ELF vmlinux";
    kernel.setup_header = setup_header();
    kernel.content = *memory;
    if (has_entry64)
        kernel.entry64 = elf.e_entry - low;
    kernel.relocatable = kernel.can_be_above_4g = kernel.handles_5level = true;
    kernel.alignment = huge_page;
    kernel.pref_address = low;
    kernel.init_size = high - low;
    kernel.cmdline_size = command_line_size;
    kernel.pvh = pvh;
    kernel.version = banner(*memory);
    kernel.storage = std::move(memory);
    return kernel;
}

} // namespace kdumpkit::loader
