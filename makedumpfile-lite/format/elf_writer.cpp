// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/format/elf_writer.h"

#include "base/range.h"
#include "makedumpfile-lite/format/partial_note.h"
#include "makedumpfile-lite/kernel/vmcoreinfo.h"
#include "makedumpfile-lite/source/notes.h"

#include <algorithm>
#include <array>
#include <cstring>

#include <fmt/format.h>

namespace kdumpkit::dump::format {

namespace {

// Linux, Documentation/arch/x86/x86_64/mm.rst: the kernel image is mapped in the topmost 2 GiB.
constexpr std::uint64_t kernel_map = 0xffffffff80000000;

bool has_note(Bytes notes, std::string_view name) {
    NoteWalk walk(notes);
    while (const auto note = walk.next())
        if (note->name == name)
            return true;
    return false;
}

// As the kernel's own notes of text, of type 0.
void add_note(std::vector<std::byte>& notes, std::string_view name, std::string_view text) {
    const auto append = [&](Bytes bytes, bool terminated) {
        notes.insert(notes.end(), bytes.begin(), bytes.end());
        notes.resize((notes.size() + (terminated ? 1 : 0) + 3) / 4 * 4);
    };
    notes.resize((notes.size() + 3) / 4 * 4);
    const Elf64_Nhdr header{static_cast<Elf64_Word>(name.size() + 1), static_cast<Elf64_Word>(text.size()),
                            0};
    append(bytes_of(header), false);
    append(as_bytes(name), true);
    append(as_bytes(text), false);
}

std::vector<std::byte> notes_of(const ElfFacts& facts) {
    std::vector<std::byte> notes(facts.notes.begin(), facts.notes.end());
    if (!facts.vmcoreinfo.empty() && !has_note(notes, "VMCOREINFO"))
        add_note(notes, "VMCOREINFO", facts.vmcoreinfo);
    // makedumpfile.h, ERASEINFO_NOTE_NAME; type 0.
    if (!facts.eraseinfo.empty())
        add_note(notes, "ERASEINFO", facts.eraseinfo);
    return notes;
}

// Where the kernel saw this address, by the direct map and not by the kernel image's own mapping; 0 when
// unknown.
std::uint64_t direct_map(const std::vector<VirtualSegment>& mappings, std::uint64_t paddr) {
    for (const VirtualSegment& m : mappings)
        if (m.vaddr < kernel_map && m.paddr <= paddr && paddr - m.paddr < m.size)
            return m.vaddr + (paddr - m.paddr);
    // A segment that begins inside a page was rounded outwards.
    for (const VirtualSegment& m : mappings)
        if (m.vaddr < kernel_map && m.paddr > paddr && m.paddr - paddr < 65536)
            return m.vaddr - (m.paddr - paddr);
    return 0;
}

} // namespace

std::vector<VirtualSegment> image_mapping(const std::string& vmcoreinfo) {
    // An image larger than that is not known; the modules are mapped 1 GiB above its base.
    constexpr std::uint64_t largest_image = std::uint64_t{128} << 20;
    const VmcoreInfo info = VmcoreInfo::parse(vmcoreinfo);
    const auto text = info.symbol("_stext");
    const auto base = info.number("phys_base");
    if (!text || !base || *text < kernel_map)
        return {};
    return {{*text - kernel_map + static_cast<std::uint64_t>(*base), *text, largest_image}};
}

// Offsets are counted from the first page for now.
void ElfWriter::plan_loads(const ElfFacts& facts, const ElfPlan& plan) {
    std::vector<Elf64_Phdr> direct;
    std::vector<Elf64_Phdr> image;
    std::uint64_t offset = 0;
    for (const ElfSegment& segment : plan.segments) {
        Elf64_Phdr load{};
        load.p_type = PT_LOAD;
        load.p_flags = PF_R | PF_W | PF_X;
        load.p_paddr = segment.pages.begin * page_size_;
        load.p_vaddr = direct_map(facts.mappings, load.p_paddr);
        load.p_memsz = segment.pages.size() * page_size_;
        load.p_filesz = segment.stored * page_size_;
        load.p_offset = offset;
        direct.push_back(load);
        const Range memory{load.p_paddr, load.p_paddr + load.p_memsz};
        for (const VirtualSegment& mapping : facts.mappings) {
            const Range common = memory.intersection({mapping.paddr, mapping.paddr + mapping.size});
            if (mapping.vaddr < kernel_map || common.empty())
                continue;
            const std::uint64_t skipped = common.begin - memory.begin;
            Elf64_Phdr alias = load;
            alias.p_paddr = common.begin;
            alias.p_vaddr = mapping.vaddr + (common.begin - mapping.paddr);
            alias.p_memsz = common.size();
            alias.p_filesz = std::min(load.p_filesz - std::min(load.p_filesz, skipped), common.size());
            alias.p_offset = offset + skipped;
            image.push_back(alias);
        }
        offset += load.p_filesz;
        expected_ += segment.stored;
    }
    // The kernel image first, as /proc/vmcore has it.
    loads_ = std::move(image);
    loads_.insert(loads_.end(), direct.begin(), direct.end());
}

std::uint64_t ElfWriter::headers_size() const {
    const std::uint64_t count = loads_.size() + 1;
    return sizeof(Elf64_Ehdr) + count * sizeof(Elf64_Phdr) + (count >= PN_XNUM ? sizeof(Elf64_Shdr) : 0);
}

Result<ElfWriter> ElfWriter::begin(Destination& destination, const ElfFacts& facts, const ElfPlan& plan) {
    if (!destination.sparse())
        return fail(make_error(ErrorKind::unsupported, "write an ELF core to", destination.name(),
                               "what is not written there does not read as zero")
                        .then("name a file, or leave -E out: a device can hold a kdump-compressed dump"));
    ElfWriter writer(destination, facts.page_size);
    writer.machine_ = facts.machine;
    writer.plan_loads(facts, plan);
    std::vector<std::byte> notes = notes_of(facts);
    notes.resize((notes.size() + 3) / 4 * 4);
    const std::size_t lasting = notes.size();
    static_assert(partial_note_type == 0);
    add_note(notes, partial_note_name, fmt::format("{}PAGES={}\n", partial_note_text, writer.expected_));
    writer.note_.p_type = PT_NOTE;
    writer.note_.p_offset = writer.headers_size();
    writer.note_.p_filesz = writer.note_.p_memsz = notes.size();
    writer.partial_note_ = {writer.note_.p_offset + lasting, writer.note_.p_offset + notes.size()};
    // Never at a page's start, as in makedumpfile's own files: it maps pages that are aligned in the file,
    // the dropped ones too, and dies behind its end (mappage_elf, 1.7.2).
    writer.data_ = align_up(writer.note_.p_offset + notes.size(), 4).value_or(0);
    if (writer.data_ % facts.page_size == 0)
        writer.data_ += 4;
    for (Elf64_Phdr& load : writer.loads_)
        load.p_offset = load.p_filesz != 0 ? load.p_offset + writer.data_ : 0;
    KDK_TRY(writer.write_headers());
    KDK_TRY(destination.write(writer.note_.p_offset, notes));
    return writer;
}

Result<> ElfWriter::write_headers() {
    Elf64_Ehdr header{};
    std::memcpy(header.e_ident, ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = ELFCLASS64;
    header.e_ident[EI_DATA] = ELFDATA2LSB;
    header.e_ident[EI_VERSION] = EV_CURRENT;
    header.e_type = ET_CORE;
    header.e_machine = machine_;
    header.e_version = EV_CURRENT;
    header.e_phoff = sizeof(header);
    header.e_ehsize = sizeof(header);
    header.e_phentsize = sizeof(Elf64_Phdr);
    const std::uint64_t count = loads_.size() + 1;
    header.e_phnum = static_cast<Elf64_Half>(std::min<std::uint64_t>(count, PN_XNUM));
    const std::uint64_t loads = sizeof(header) + sizeof(note_);
    if (count >= PN_XNUM) {
        // gABI: the real number is in sh_info of section header 0.
        Elf64_Shdr section{};
        section.sh_size = 1;
        section.sh_info = static_cast<Elf64_Word>(count);
        header.e_shoff = loads + loads_.size() * sizeof(Elf64_Phdr);
        header.e_shentsize = sizeof(section);
        header.e_shnum = 1;
        KDK_TRY(destination_->write(header.e_shoff, bytes_of(section)));
    }
    KDK_TRY(destination_->write(0, bytes_of(header)));
    KDK_TRY(destination_->write(sizeof(header), bytes_of(note_)));
    return destination_->write(loads, std::as_bytes(std::span(loads_)));
}

Result<> ElfWriter::append(const PageBlock& block) {
    if (written_ + block.pages.size() > expected_)
        return fail(ErrorKind::invalid, "append to", destination_->name(),
                    "more pages than its program headers have");
    std::size_t begin = 0;
    std::size_t end = 0;
    std::uint64_t at = data_ + written_ * page_size_; // where the stretch that begins at `begin` goes
    const auto write_stretch = [&]() -> Result<> {
        if (end == begin)
            return {};
        KDK_TRY(destination_->write(at, block.stored().subspan(begin, end - begin)));
        at += end - begin;
        begin = end;
        return {};
    };
    for (const PageBlock::Page& page : block.pages) {
        if (page.size == 0) {
            KDK_TRY(write_stretch());
            at += page_size_;
        } else {
            end += page.size;
        }
    }
    KDK_TRY(write_stretch());
    written_ += block.pages.size();
    if (written_ != 0)
        destination_->keep();
    return {};
}

// A hole at the very end would be missing from the file.
Result<> ElfWriter::write_zero_end() {
    const std::uint64_t size = data_ + written_ * page_size_;
    return destination_->end() < size ? destination_->write(size - 1, std::array{std::byte{0}}) : Result<>();
}

Result<> ElfWriter::finish_partial() {
    if (written_ != expected_)
        return fail(ErrorKind::invalid, "finish", destination_->name(),
                    fmt::format("{} of {} pages were written", written_, expected_));
    KDK_TRY(write_zero_end());
    destination_->keep();
    return destination_->sync();
}

Result<> ElfWriter::finish() {
    KDK_TRY(finish_partial());
    note_.p_filesz = note_.p_memsz = partial_note_.begin - note_.p_offset;
    KDK_TRY(destination_->write(sizeof(Elf64_Ehdr), bytes_of(note_)));
    KDK_TRY(destination_->write(partial_note_.begin, std::vector<std::byte>(partial_note_.size())));
    return destination_->sync();
}

Result<> ElfWriter::abandon() {
    const std::uint64_t end = data_ + written_ * page_size_;
    for (Elf64_Phdr& load : loads_) {
        const std::uint64_t arrived = end - std::min(end, load.p_offset);
        if (arrived < load.p_filesz)
            load.p_filesz = load.p_memsz = arrived;
    }
    KDK_TRY(write_headers());
    KDK_TRY(write_zero_end());
    return destination_->sync();
}

} // namespace kdumpkit::dump::format
