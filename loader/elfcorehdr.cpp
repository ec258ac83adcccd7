// SPDX-License-Identifier: GPL-2.0-or-later
#include "loader/elfcorehdr.h"

#include <cstring>

#include <elf.h>
#include <fmt/format.h>

namespace kdumpkit::loader {

namespace {

constexpr std::uint64_t most_headers = 0xfffe; // e_phnum has 16 bits and PN_XNUM is special

Elf64_Phdr note(const NoteBuffer& buffer) {
    Elf64_Phdr header{};
    header.p_type = PT_NOTE;
    header.p_offset = header.p_paddr = buffer.memory.begin;
    header.p_filesz = header.p_memsz = buffer.memory.size();
    return header;
}

Elf64_Phdr load(const Range& memory, std::uint64_t virtual_address, std::uint64_t where) {
    Elf64_Phdr header{};
    header.p_type = PT_LOAD;
    header.p_flags = PF_R | PF_W | PF_X;
    header.p_offset = where;
    header.p_vaddr = virtual_address;
    header.p_paddr = memory.begin;
    header.p_filesz = header.p_memsz = memory.size();
    return header;
}

RangeSet dumped(const CoreFacts& facts) {
    RangeSet ram = facts.system_ram;
    ram.subtract(facts.reservation);
    if (facts.backup)
        ram.subtract(facts.backup->source);
    return ram;
}

bool lacks_notes(const Machine::Cpu& cpu) {
    return cpu.crash_notes.empty() && cpu.crash_notes_size.empty();
}

} // namespace

Result<std::vector<NoteBuffer>> note_buffers(const Machine& machine) {
    const auto parse = [](const std::string& name, std::string_view address, std::string_view size,
                          int size_base) -> Result<NoteBuffer> {
        const auto begin = parse_number(address, 16);
        const auto length = parse_number(size, size_base);
        const auto end = begin && length ? checked_add(*begin, *length) : std::nullopt;
        if (!end || *begin == 0 || *length == 0)
            return fail(ErrorKind::corrupt, "parse", "the crash notes of " + name,
                        fmt::format("\"{}\" and \"{}\" are not an address and a size", address, size));
        return NoteBuffer{name, {*begin, *end}};
    };
    std::vector<NoteBuffer> buffers;
    for (const Machine::Cpu& cpu : machine.cpus) {
        if (lacks_notes(cpu))
            continue;
        KDK_ASSIGN(NoteBuffer buffer,
                   parse(fmt::format("cpu {}", cpu.number), cpu.crash_notes, cpu.crash_notes_size, 10));
        buffers.push_back(std::move(buffer));
    }
    if (buffers.empty())
        return fail(make_error(ErrorKind::absent, "find", "/sys/devices/system/cpu/cpu*/crash_notes",
                               "without them the registers of the crashed CPUs are lost")
                        .then("mount sysfs, run as root, or use --syscall kexec_file_load"));
    const std::size_t space = machine.vmcoreinfo.find(' ');
    if (space == std::string::npos)
        return fail(
            make_error(ErrorKind::absent, "read", "/sys/kernel/vmcoreinfo",
                       "without it no tool can read the dump")
                .then("boot a kernel with CONFIG_CRASH_DUMP (CONFIG_VMCORE_INFO), and run this as root"));
    const std::string_view info = machine.vmcoreinfo;
    KDK_ASSIGN(NoteBuffer buffer, parse("VMCOREINFO", info.substr(0, space), info.substr(space + 1), 16));
    buffers.push_back(std::move(buffer));
    return buffers;
}

std::vector<unsigned> cpus_without_notes(const Machine& machine) {
    std::vector<unsigned> numbers;
    for (const Machine::Cpu& cpu : machine.cpus)
        if (lacks_notes(cpu))
            numbers.push_back(cpu.number);
    return numbers;
}

std::uint64_t core_header_size(const CoreFacts& facts) {
    // Notes, the kernel's image, the backup; and placing the backup's source can split one range.
    return sizeof(Elf64_Ehdr) +
           (facts.notes.size() + 2 + dumped(facts).ranges().size() + 1) * sizeof(Elf64_Phdr);
}

Result<std::vector<std::byte>> build_core_header(const CoreFacts& facts) {
    std::vector<Elf64_Phdr> headers;
    for (const NoteBuffer& buffer : facts.notes)
        headers.push_back(note(buffer));
    const KernelMapping& mapping = facts.mapping;
    headers.push_back(load(mapping.text_memory(), mapping.text_virtual.begin, mapping.text_physical));
    if (facts.backup)
        headers.push_back(load(facts.backup->source, mapping.page_offset + facts.backup->source.begin,
                               facts.backup->destination));
    const RangeSet rest_of_ram = dumped(facts);
    for (const Range& range : rest_of_ram.ranges())
        headers.push_back(load(range, mapping.page_offset + range.begin, range.begin));
    if (headers.size() > most_headers)
        return fail(
            ErrorKind::unsupported, "build", "the ELF core header",
            fmt::format("it needs {} program headers, ELF has room for {}", headers.size(), most_headers));

    Elf64_Ehdr elf{};
    std::memcpy(elf.e_ident, ELFMAG, SELFMAG);
    elf.e_ident[EI_CLASS] = ELFCLASS64;
    elf.e_ident[EI_DATA] = ELFDATA2LSB;
    elf.e_ident[EI_VERSION] = EV_CURRENT;
    elf.e_type = ET_CORE;
    elf.e_machine = EM_X86_64;
    elf.e_version = EV_CURRENT;
    elf.e_phoff = sizeof(Elf64_Ehdr);
    elf.e_ehsize = sizeof(Elf64_Ehdr);
    elf.e_phentsize = sizeof(Elf64_Phdr);
    elf.e_phnum = static_cast<Elf64_Half>(headers.size());

    const Bytes first = bytes_of(elf);
    const Bytes table = std::as_bytes(std::span(headers));
    std::vector<std::byte> bytes(first.begin(), first.end());
    bytes.insert(bytes.end(), table.begin(), table.end());
    return bytes;
}

} // namespace kdumpkit::loader
