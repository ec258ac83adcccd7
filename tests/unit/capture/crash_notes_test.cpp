// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/crash_notes.h"

#include <cstring>
#include <string>

#include <catch2/catch.hpp>
#include <elf.h>

using namespace kdumpkit;
using namespace kdumpkit::capture;

namespace {

template<class T>
std::string raw(const T& value) {
    return std::string(as_text(bytes_of(value)));
}

std::string note(const std::string& name, const std::string& body, unsigned type = 0) {
    Elf64_Nhdr header{static_cast<Elf64_Word>(name.size() + 1), static_cast<Elf64_Word>(body.size()), type};
    std::string text = raw(header) + name + '\0';
    text.resize((text.size() + 3) & ~std::size_t{3});
    text += body;
    text.resize((text.size() + 3) & ~std::size_t{3});
    return text;
}

std::string elf(std::uint64_t offset, std::uint64_t size, unsigned char elf_class = ELFCLASS64) {
    Elf64_Ehdr header{};
    std::memcpy(header.e_ident, ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = elf_class;
    header.e_ident[EI_DATA] = ELFDATA2LSB;
    header.e_phoff = sizeof header;
    header.e_phnum = 2;
    Elf64_Phdr load{};
    load.p_type = PT_LOAD;
    Elf64_Phdr notes{};
    notes.p_type = PT_NOTE;
    notes.p_offset = offset;
    notes.p_filesz = size;
    return raw(header) + raw(load) + raw(notes);
}

} // namespace

TEST_CASE("VMCOREINFO says the release and the time of the crash") {
    const std::string notes =
        note("CORE", std::string(336, 'r'), NT_PRSTATUS) +
        note("VMCOREINFO", "OSRELEASE=6.1.0-56-cloud-amd64\nPAGESIZE=4096\nCRASHTIME=1795395723\n");
    CHECK(parse_crash_notes(as_bytes(notes)) == CrashFacts{"6.1.0-56-cloud-amd64", 1795395723});
}

TEST_CASE("memory that two program headers promise counts once") {
    Elf64_Ehdr header{};
    header.e_phoff = sizeof header;
    header.e_phnum = 3;
    const auto load = [](std::uint64_t begin, std::uint64_t size) {
        Elf64_Phdr segment{};
        segment.p_type = PT_LOAD;
        segment.p_paddr = begin;
        segment.p_memsz = size;
        return raw(segment);
    };
    const std::string image = load(0x3000, 0x1000), low = load(0, 0x1000), high = load(0x2000, 0x6000);
    const std::string head = raw(header) + image + low + high;
    CHECK(find_memory(as_bytes(head)) == 0x7000);
    CHECK(find_memory(as_bytes(head).first(head.size() - 1)) == 0);
    CHECK(find_memory({}) == 0);
    CHECK(find_memory(as_bytes(raw(header) + image + low + load(~0ULL - 1, 100))) == 0x2000);
}

TEST_CASE("notes that lie give nothing and do no harm") {
    CHECK(parse_crash_notes({}) == CrashFacts{});
    std::string lying = note("VMCOREINFO", "OSRELEASE=x\n");
    const std::uint32_t huge = 0xffffffff;
    std::memcpy(lying.data() + 4, &huge, 4);
    CHECK(parse_crash_notes(as_bytes(lying)) == CrashFacts{});
    std::memcpy(lying.data(), &huge, 4);
    CHECK(parse_crash_notes(as_bytes(lying)) == CrashFacts{});
    // Control bytes in a release would end on the console and in a path.
    const std::string evil = note("VMCOREINFO", "OSRELEASE=a\x1b[2Jb\nCRASHTIME=-5\n");
    CHECK(parse_crash_notes(as_bytes(evil)) == CrashFacts{});
    const std::string whole = note("VMCOREINFO", "OSRELEASE=6.1\n");
    for (std::size_t i = 0; i < whole.size(); ++i)
        parse_crash_notes(as_bytes(whole).first(i));
}

TEST_CASE("the notes are found by the program headers") {
    const auto found = find_notes(as_bytes(elf(4096, 5000)), "vmcore");
    REQUIRE(found);
    CHECK(*found == Range{4096, 9096});
    CHECK(find_notes(as_bytes(elf(4096, ~0ULL)), "vmcore")->size() == note_limit);
    CHECK(find_notes(as_bytes(elf(~0ULL, 16)), "vmcore").error().kind == ErrorKind::corrupt);
    CHECK(find_notes(as_bytes(elf(0, 0, ELFCLASS32)), "vmcore").error().kind == ErrorKind::unsupported);
    CHECK(find_notes(as_bytes(std::string("not an ELF file at all, but long enough for a header of one "
                                          "with 64 bytes")),
                     "vmcore")
              .error()
              .kind == ErrorKind::corrupt);
    const std::string whole = elf(4096, 5000);
    for (std::size_t i = 0; i < whole.size(); ++i)
        CHECK_FALSE(find_notes(as_bytes(whole).first(i), "vmcore"));
}
