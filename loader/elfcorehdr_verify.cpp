// SPDX-License-Identifier: GPL-2.0-or-later
//
// Written against the ELF specification and fs/proc/vmcore.c, not against the builder: it shares no code with
// it.
#include "loader/elfcorehdr.h"

#include <algorithm>

#include <elf.h>
#include <fmt/format.h>

namespace kdumpkit::loader {

namespace {

class Verifier {
  public:
    Verifier(Bytes bytes, const CoreFacts& facts) : reader_(bytes), facts_(facts) {}

    Result<> run() {
        KDK_TRY(elf_header());
        for (std::uint64_t i = 0; i < count_; ++i) {
            const auto header = reader_.raw<Elf64_Phdr>(sizeof(Elf64_Ehdr) + i * sizeof(Elf64_Phdr));
            if (!header)
                return wrong("program header {} of {} is missing", i, count_);
            if (header->p_filesz != header->p_memsz || header->p_memsz == 0 ||
                !checked_add(header->p_paddr, header->p_memsz) ||
                !checked_add(header->p_vaddr, header->p_memsz - 1) ||
                !checked_add(header->p_offset, header->p_memsz))
                return wrong("program header {} has an impossible size {:#x}", i, header->p_memsz);
            if (header->p_type == PT_NOTE)
                KDK_TRY(note(*header));
            else if (header->p_type == PT_LOAD)
                KDK_TRY(load(*header));
            else
                return wrong("program header {} has type {}", i, header->p_type);
        }
        return totals();
    }

  private:
    template<class... Args>
    static Failure wrong(fmt::format_string<Args...> format, Args&&... args) {
        return fail(
            make_error(ErrorKind::corrupt, "verify", "the ELF core header that was built",
                       fmt::format(format, static_cast<Args&&>(args)...))
                .then("nothing was loaded; please report this with the output of kdumpkit load --plan, "
                      "and use --syscall kexec_file_load meanwhile"));
    }

    static bool overlaps(const RangeSet& set, const Range& range) {
        return std::ranges::any_of(set.ranges(), [&](const Range& one) { return one.overlaps(range); });
    }

    Result<> elf_header() {
        const auto elf = reader_.raw<Elf64_Ehdr>(0);
        if (!elf || as_text(reader_.bytes().first(4)) != ELFMAG)
            return wrong("it is not ELF");
        if (elf->e_ident[EI_CLASS] != ELFCLASS64 || elf->e_ident[EI_DATA] != ELFDATA2LSB ||
            elf->e_type != ET_CORE || elf->e_machine != EM_X86_64)
            return wrong("it is not a 64-bit x86 core file");
        // fs/proc/vmcore.c reads the program headers right after the ELF header.
        if (elf->e_phoff != sizeof(Elf64_Ehdr) || elf->e_phentsize != sizeof(Elf64_Phdr) || elf->e_phnum == 0)
            return wrong("its program headers are not where the capture kernel looks for them");
        count_ = elf->e_phnum;
        return {};
    }

    Result<> note(const Elf64_Phdr& header) {
        const Range memory{header.p_offset, header.p_offset + header.p_filesz};
        if (header.p_offset != header.p_paddr || !facts_.system_ram.contains(memory))
            return wrong("a note at {:#x} is not in System RAM", header.p_offset);
        if (overlaps(facts_.reservation, memory) || overlaps(facts_.capture_ram, memory))
            return wrong("a note at {:#x} is in memory that the capture kernel overwrites", header.p_offset);
        if (header.p_filesz > (std::uint64_t{1} << 20))
            return wrong("a note at {:#x} has {} bytes", header.p_offset, header.p_filesz);
        if (seen_notes_ >= facts_.notes.size() || facts_.notes[seen_notes_].memory != memory)
            return wrong("the note at {:#x} is not one of the kernel's", header.p_offset);
        if (overlaps(seen_note_memory_, memory))
            return wrong("the note at {:#x} is there twice", header.p_offset);
        seen_note_memory_.add(memory);
        ++seen_notes_;
        return {};
    }

    Result<> load(const Elf64_Phdr& header) {
        const Range memory{header.p_paddr, header.p_paddr + header.p_memsz};
        if (!facts_.system_ram.contains(memory))
            return wrong("{:#x}-{:#x} is not in System RAM", memory.begin, memory.end - 1);
        for (const Range& reserved : facts_.reservation.ranges())
            if (memory.overlaps(reserved))
                return wrong("{:#x}-{:#x} reaches into the crash reservation", memory.begin, memory.end - 1);
        // Whatever it uses while it reads /proc/vmcore is no longer what the crashed kernel left there.
        if (overlaps(facts_.capture_ram, {header.p_offset, header.p_offset + header.p_filesz}))
            return wrong("the capture kernel overwrites the content of {:#x}-{:#x} at {:#x}", memory.begin,
                         memory.end - 1, header.p_offset);
        if (header.p_vaddr == facts_.mapping.text_virtual.begin) {
            if (seen_text_)
                return wrong("the kernel's image is there twice");
            seen_text_ = true;
            if (header.p_offset != header.p_paddr || !memory.contains(facts_.kernel_code) ||
                facts_.kernel_code.empty())
                return wrong("the kernel's image {:#x}-{:#x} does not hold the kernel's code {:#x}-{:#x}",
                             memory.begin, memory.end - 1, facts_.kernel_code.begin,
                             facts_.kernel_code.end - 1);
            if (memory.size() > (std::uint64_t{2} << 30))
                return wrong("the kernel's image has {} bytes", memory.size());
            return {};
        }
        if (header.p_vaddr - header.p_paddr != facts_.mapping.page_offset)
            return wrong("{:#x} is said to be mapped at {:#x}", memory.begin, header.p_vaddr);
        const bool saved = facts_.backup && memory == facts_.backup->source;
        if (header.p_offset != (saved ? facts_.backup->destination : header.p_paddr))
            return wrong("the content of {:#x} is said to be at {:#x}", memory.begin, header.p_offset);
        if (saved && !facts_.reservation.contains(Range{header.p_offset, header.p_offset + header.p_filesz}))
            return wrong("the backup at {:#x} is outside the reservation", header.p_offset);
        if (overlaps(seen_ram_, memory))
            return wrong("{:#x}-{:#x} is there twice", memory.begin, memory.end - 1);
        seen_ram_.add(memory);
        return {};
    }

    Result<> totals() {
        if (!seen_text_)
            return wrong("the kernel's image is missing");
        if (seen_notes_ != facts_.notes.size() || seen_notes_ < 2)
            return wrong("it has {} notes, the kernel has {}", seen_notes_, facts_.notes.size());
        RangeSet lost = facts_.system_ram;
        lost.subtract(facts_.reservation);
        lost.subtract(seen_ram_);
        if (!lost.empty())
            return wrong("System RAM {:#x}-{:#x} is missing", lost.ranges()[0].begin,
                         lost.ranges()[0].end - 1);
        return {};
    }

    ByteReader reader_;
    const CoreFacts& facts_;
    std::uint64_t count_ = 0;
    std::size_t seen_notes_ = 0;
    bool seen_text_ = false;
    RangeSet seen_ram_, seen_note_memory_;
};

} // namespace

Result<> verify_core_header(Bytes header, const CoreFacts& facts) {
    return Verifier(header, facts).run();
}

} // namespace kdumpkit::loader
