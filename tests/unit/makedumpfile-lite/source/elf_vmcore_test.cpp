// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/file.h"
#include "makedumpfile-lite/source/elf_vmcore.h"
#include "makedumpfile-lite/source/open.h"
#include "tests/unit/makedumpfile-lite/fake_image.h"
#include "tests/unit/makedumpfile-lite/folder.h"
#include "tests/unit/makedumpfile-lite/source/elf_file.h"

#include <catch2/catch.hpp>

using namespace kdumpkit;
using namespace kdumpkit::dump;
using test::ElfFile;

namespace {

struct Opened {
    test::Folder folder;
    Result<std::unique_ptr<Image>> image;

    explicit Opened(const std::vector<std::byte>& bytes, bool use_mmap = true)
        : image(tl::unexpected(make_error(ErrorKind::invalid, "open", "nothing"))) {
        const std::string path = folder / "vmcore";
        REQUIRE(write_file_atomically(path, Bytes(bytes)));
        image = open_elf_vmcore(*open_file_content(path), ElfOptions{use_mmap, false});
    }
};

// Two segments of RAM, the first ending inside a page, and an image of the kernel over part of the second.
ElfFile machine() {
    ElfFile file;
    file.load(0x200000, 0x2000, 0x2000, 0xffffffff81000000);
    file.load(0x1000, 0x1c00, 0x4000);
    file.load(0x100000, 0x200000, 0x6000);
    file.fill(0x2000, 0x2000, 'k');
    file.fill(0x4000, 0x1c00, 'l');
    file.fill(0x6000, 0x200000, 'r');
    file.fill(0x106000, 0x2000, 'k');
    return file;
}

char first_byte(MemoryReader& reader, std::uint64_t paddr) {
    const auto bytes = reader.view(paddr, 4096);
    return bytes ? static_cast<char>((*bytes)[0]) : '!';
}

} // namespace

TEST_CASE("memory is in whole pages and the kernel image is not counted twice") {
    const Opened opened(machine().finish());
    REQUIRE(opened.image);
    const Image& image = **opened.image;
    CHECK(image.memory() == RangeSet{{0x1000, 0x3000}, {0x100000, 0x300000}});
    CHECK_FALSE(image.truncated());
    CHECK(image.warnings().empty());
    CHECK(image.elf_machine() == EM_X86_64);
}

TEST_CASE("memory reads the same through mmap and without it") {
    const bool use_mmap = GENERATE(true, false);
    const Opened opened(machine().finish(), use_mmap);
    REQUIRE(opened.image);
    const auto reader = (*opened.image)->reader();
    CHECK(first_byte(*reader, 0x1000) == 'l');
    CHECK(first_byte(*reader, 0x1ff000) == 'r');
    CHECK(first_byte(*reader, 0x200000) == 'k');
    CHECK(first_byte(*reader, 0x202000) == 'r');
    CHECK(first_byte(*reader, 0x1000) == 'l');

    const auto last = reader->view(0x2000, 4096);
    REQUIRE(last);
    CHECK((*last)[0xbff] == std::byte{'l'});
    CHECK((*last)[0xc00] == std::byte{0}); // nothing holds the rest of this page

    const auto across = reader->view(0x1ff000, 0x4000);
    REQUIRE(across);
    CHECK((*across)[0xfff] == std::byte{'r'});
    CHECK((*across)[0x1000] == std::byte{'k'});
    CHECK((*across)[0x3000] == std::byte{'r'});

    const auto hole = reader->view(0x3000, 4096);
    REQUIRE_FALSE(hole);
    CHECK(hole.error().kind == ErrorKind::absent);
    CHECK(hole.error().side == ErrorSide::source);
    CHECK(reader->view(0x2ff000, 0x2000).error().kind == ErrorKind::absent);
    CHECK(reader->view(~0ULL - 10, 4096).error().kind == ErrorKind::absent);
    CHECK(reader->view(0x1000, MemoryReader::max_view + 1).error().kind == ErrorKind::invalid);
}

TEST_CASE("a truncated file is named as such and its readable part is read") {
    auto bytes = machine().finish();
    bytes.resize(0x10800);
    const bool use_mmap = GENERATE(true, false);
    const Opened opened(bytes, use_mmap);
    REQUIRE(opened.image);
    const Image& image = **opened.image;
    CHECK(image.truncated());
    REQUIRE(image.warnings().size() == 1);
    CHECK(image.warnings()[0].find("truncated: it has 67584 of 2121728 bytes") != std::string::npos);
    const auto reader = image.reader();
    CHECK(first_byte(*reader, 0x109000) == 'r');
    CHECK(first_byte(*reader, 0x200000) == 'k'); // in the file twice, once before its end
    const auto lost = reader->view(0x10a000, 4096);
    REQUIRE_FALSE(lost);
    CHECK(lost.error().kind == ErrorKind::corrupt);
    CHECK(lost.error().side == ErrorSide::source);
}

TEST_CASE("headers that lie are refused or worked around, never followed") {
    ElfFile file = machine();
    ErrorKind expected = ErrorKind::corrupt;
    SECTION("the file offset overflows") {
        file.load(0x400000, 0x1000, ~0ULL - 0x10);
    }
    SECTION("the file offset is negative as off_t") {
        file.load(0x400000, 0x1000, 1ULL << 63);
    }
    SECTION("the physical address overflows") {
        file.load(~0ULL - 0x10, 0x1000, 0x2000);
    }
    SECTION("memory beyond any machine") {
        file.load(1ULL << 60, 0x1000, 0x2000);
    }
    SECTION("memory that ends beyond 52 bits of address") {
        file.load((1ULL << 52) - 0x1000, 0x2000, 0x2000);
    }
    SECTION("the same bytes of the file at many addresses") {
        for (std::uint64_t i = 0; i < 100; ++i)
            file.load((1ULL << 40) + i * 0x10000000, 0x200000, 0x2000);
    }
    SECTION("program headers beyond the file") {
        file.header.e_phoff = 1ULL << 40;
    }
    SECTION("program headers at the end of the address space") {
        file.header.e_phoff = ~0ULL - 8;
    }
    SECTION("program headers of another size") {
        file.header.e_phentsize = 32;
    }
    SECTION("more than 65534 headers and no section header") {
        file.header.e_phnum = PN_XNUM;
    }
    SECTION("an executable") {
        file.header.e_type = ET_EXEC;
    }
    SECTION("a 32-bit core") {
        file.header.e_ident[EI_CLASS] = ELFCLASS32;
        expected = ErrorKind::unsupported;
    }
    SECTION("no memory at all") {
        file.programs.clear(), file.notes(0x2000, 16);
    }
    const Opened opened(file.finish());
    REQUIRE_FALSE(opened.image);
    CHECK(opened.image.error().kind == expected);
    CHECK(opened.image.error().side == ErrorSide::source);
}

TEST_CASE("more than 65534 program headers are counted in section header 0") {
    ElfFile file = machine();
    Elf64_Shdr section{};
    section.sh_info = static_cast<Elf64_Word>(file.programs.size());
    file.header.e_phnum = PN_XNUM;
    file.header.e_shoff = 0x210000;
    file.put(0x210000, bytes_of(section));
    const Opened opened(file.finish());
    REQUIRE(opened.image);
    CHECK((*opened.image)->memory().total() == 0x202000);
}

TEST_CASE("segments that overlap each other without being the kernel image are reported") {
    ElfFile file = machine();
    file.load(0x2ff000, 0x2000, 0x2000);
    const Opened opened(file.finish());
    REQUIRE(opened.image);
    CHECK((*opened.image)->memory().total() == 0x203000);
    REQUIRE((*opened.image)->warnings().size() == 1);
    const auto reader = (*opened.image)->reader();
    CHECK(first_byte(*reader, 0x2ff000) == 'r'); // the first claim wins
    CHECK(first_byte(*reader, 0x300000) == 'k');
}

TEST_CASE("VMCOREINFO is found among notes, and a damaged note ends the search") {
    std::vector<std::byte> notes;
    test::add_note(notes, "CORE", NT_PRSTATUS, std::string(336, 'x'));
    test::add_note(notes, "VMCOREINFO", 0, "OSRELEASE=1\nPAGESIZE=4096\n");
    const bool damaged = GENERATE(false, true);
    if (damaged)
        notes[4] = std::byte{0xff}, notes[5] = std::byte{0xff}; // the first description's size
    ElfFile file = machine();
    file.put(0x1000, notes);
    file.notes(0x1000, notes.size());
    const Opened opened(file.finish());
    REQUIRE(opened.image);
    CHECK((*opened.image)->notes().size() == notes.size());
    CHECK((*opened.image)->vmcoreinfo() == (damaged ? "" : "OSRELEASE=1\nPAGESIZE=4096\n"));
    CHECK((*opened.image)->warnings().size() == (damaged ? 1 : 0));
}

TEST_CASE("what is no crash image is named") {
    test::Folder folder;
    const auto [text, expected] =
        GENERATE(table<std::string, std::string>({{"KDUMP   and more", "kdump-compressed"},
                                                  {std::string("makedumpfile\0\0\0\0", 16), "flattened"},
                                                  {"DISKDUMP", "diskdump"},
                                                  {"hello", "not a crash image"},
                                                  {"", "empty"}}));
    REQUIRE(write_file_atomically(folder / "x", text));
    const auto opened = open_image(folder / "x");
    REQUIRE_FALSE(opened);
    CHECK(opened.error().kind == (expected == "diskdump" ? ErrorKind::unsupported : ErrorKind::corrupt));
    CHECK(opened.error().message().find(expected) != std::string::npos);
    CHECK(open_image(folder / ".").error().kind == ErrorKind::invalid);
    CHECK(open_image(folder / "missing").error().kind == ErrorKind::absent);
}
