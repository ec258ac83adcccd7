// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/crash_notes.h"

#include "base/file.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <vector>

#include <elf.h>
#include <fcntl.h>

namespace kdumpkit::capture {
namespace {

// The value of "KEY=" at the start of a line of VMCOREINFO.
std::string_view value_of(std::string_view text, std::string_view key) {
    while (!text.empty()) {
        const auto end = text.find('\n');
        const std::string_view line = text.substr(0, end);
        if (line.size() > key.size() && line.starts_with(key) && line[key.size()] == '=')
            return line.substr(key.size() + 1);
        if (end == std::string_view::npos)
            break;
        text.remove_prefix(end + 1);
    }
    return {};
}

// No more than a name should have: it ends in a JSON file and on a console.
bool is_release(std::string_view text) {
    return text.size() <= 128 &&
           std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

} // namespace

Result<Range> find_notes(Bytes head, const std::string& name) {
    const ByteReader reader(head);
    const auto header = reader.raw<Elf64_Ehdr>(0);
    if (!header || std::memcmp(header->e_ident, ELFMAG, SELFMAG) != 0)
        return fail(ErrorKind::corrupt, "read", name, "it is no ELF file");
    if (header->e_ident[EI_CLASS] != ELFCLASS64 || header->e_ident[EI_DATA] != ELFDATA2LSB)
        return fail(ErrorKind::unsupported, "read", name, "it is not a 64-bit little-endian ELF file");
    // e_phnum may be PN_XNUM with more headers than that; PT_NOTE is among the first all the same.
    for (std::uint64_t i = 0; i < header->e_phnum; ++i) {
        const auto place = checked_add(header->e_phoff, i * sizeof(Elf64_Phdr));
        const auto segment = place ? reader.raw<Elf64_Phdr>(*place) : std::nullopt;
        if (!segment)
            break;
        if (segment->p_type != PT_NOTE)
            continue;
        const auto end =
            checked_add(segment->p_offset, std::min<std::uint64_t>(segment->p_filesz, note_limit));
        if (!end)
            return fail(ErrorKind::corrupt, "read", name, "its notes lie outside it");
        return Range{segment->p_offset, *end};
    }
    return fail(ErrorKind::corrupt, "read", name, "it has no notes");
}

std::uint64_t find_memory(Bytes head) {
    const ByteReader reader(head);
    const auto header = reader.raw<Elf64_Ehdr>(0);
    if (!header || header->e_phnum == PN_XNUM)
        return 0;
    RangeSet memory;
    for (std::uint64_t i = 0; i < header->e_phnum; ++i) {
        const auto place = checked_add(header->e_phoff, i * sizeof(Elf64_Phdr));
        const auto segment = place ? reader.raw<Elf64_Phdr>(*place) : std::nullopt;
        if (!segment)
            return 0;
        const auto end = checked_add(segment->p_paddr, segment->p_memsz);
        if (segment->p_type == PT_LOAD && end)
            memory.add({segment->p_paddr, *end});
    }
    return memory.total();
}

CrashFacts parse_crash_notes(Bytes notes) {
    CrashFacts facts;
    const ByteReader reader(notes);
    for (std::uint64_t at = 0;;) {
        const auto header = reader.raw<Elf64_Nhdr>(at);
        if (!header)
            return facts;
        // 32-bit sizes: no sum here can wrap.
        const std::uint64_t name_at = at + sizeof *header;
        const std::uint64_t body_at = name_at + ((std::uint64_t{header->n_namesz} + 3) & ~3ULL);
        const auto note_name = reader.slice(name_at, header->n_namesz);
        const auto body = reader.slice(body_at, header->n_descsz);
        if (!note_name || !body)
            return facts;
        if (as_text(*note_name).starts_with("VMCOREINFO") && header->n_namesz <= sizeof "VMCOREINFO") {
            const std::string_view text = as_text(*body);
            if (const auto release = value_of(text, "OSRELEASE"); is_release(release))
                facts.kernel_release = release;
            const auto time = value_of(text, "CRASHTIME");
            std::int64_t seconds = 0;
            const auto parsed = std::from_chars(time.data(), time.data() + time.size(), seconds);
            if (!time.empty() && parsed.ec == std::errc() && seconds > 0)
                facts.crash_time = seconds;
            return facts;
        }
        at = body_at + ((std::uint64_t{header->n_descsz} + 3) & ~3ULL);
    }
}

Result<CrashFacts> read_crash_facts(const std::string& path) {
    KDK_ASSIGN(const Fd fd, open_file(path, O_RDONLY));
    std::vector<std::byte> buffer(std::size_t{64} << 10);
    KDK_ASSIGN(const std::size_t got, pread_some(fd.get(), 0, buffer, path));
    KDK_ASSIGN(const Range place, find_notes(Bytes(buffer).first(got), path));
    const std::uint64_t memory = find_memory(Bytes(buffer).first(got));
    buffer.resize(place.size());
    KDK_ASSIGN(const std::size_t length, pread_some(fd.get(), place.begin, buffer, path));
    CrashFacts facts = parse_crash_notes(Bytes(buffer).first(length));
    facts.memory_bytes = memory;
    return facts;
}

} // namespace kdumpkit::capture
