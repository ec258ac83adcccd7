// SPDX-License-Identifier: GPL-2.0-or-later
#include "fixtures.h"
#include "loader/elfcorehdr.h"
#include "loader/iomem.h"

#include <functional>

#include <catch2/catch.hpp>

using namespace kdumpkit;
using namespace kdumpkit::loader;
using Catch::Matchers::Contains;

namespace {

CoreFacts facts() {
    const auto iomem = parse_iomem(fixtures::iomem);
    CoreFacts facts;
    facts.system_ram = system_ram(*iomem);
    facts.reservation = RangeSet{{0x33000000, 0x3f000000}};
    facts.kernel_code = named_range(*iomem, "Kernel code");
    facts.mapping = *parse_kcore(fixtures::kcore(fixtures::usual_kcore()));
    facts.notes = *note_buffers(fixtures::machine());
    facts.backup = Backup{{0x1000, 0x9fc00}, 0x3ef00000};
    facts.capture_ram = RangeSet{{0x1000, 0x9fc00}, {0x33000000, 0x3ef00000}};
    return facts;
}

Elf64_Phdr header(const std::vector<std::byte>& bytes, std::size_t i) {
    return *ByteReader(bytes).raw<Elf64_Phdr>(sizeof(Elf64_Ehdr) + i * sizeof(Elf64_Phdr));
}

} // namespace

TEST_CASE("the core header describes notes, the kernel's image and all RAM outside the reservation") {
    const CoreFacts f = facts();
    const auto bytes = build_core_header(f);
    REQUIRE(bytes);
    CHECK(bytes->size() <= core_header_size(f));
    REQUIRE(bytes->size() == sizeof(Elf64_Ehdr) + 7 * sizeof(Elf64_Phdr));
    CHECK(header(*bytes, 0).p_type == PT_NOTE);
    CHECK(header(*bytes, 0).p_offset == 0x31000000);
    CHECK(header(*bytes, 0).p_filesz == 384);
    CHECK(header(*bytes, 2).p_offset == 0x3f0000);
    CHECK(header(*bytes, 2).p_filesz == 0x1024);
    CHECK(header(*bytes, 3).p_vaddr == fixtures::text_virtual);
    CHECK(header(*bytes, 3).p_offset == fixtures::text_physical);
    CHECK(header(*bytes, 3).p_memsz == fixtures::text_size);
    // Low memory comes from the backup, under its own address.
    CHECK(header(*bytes, 4).p_offset == 0x3ef00000);
    CHECK(header(*bytes, 4).p_paddr == 0x1000);
    CHECK(header(*bytes, 4).p_vaddr == fixtures::page_offset + 0x1000);
    CHECK(header(*bytes, 4).p_memsz == 0x9ec00);
    CHECK(header(*bytes, 5).p_paddr == 0x100000);
    CHECK(header(*bytes, 5).p_memsz == 0x33000000 - 0x100000);
    CHECK(header(*bytes, 6).p_paddr == 0x3f000000);
    CHECK(header(*bytes, 6).p_memsz == 0x3ffd7000 - 0x3f000000);
    CHECK(verify_core_header(*bytes, f));
}

TEST_CASE("without a backup low memory is described where it is") {
    CoreFacts f = facts();
    f.backup.reset();
    f.capture_ram.subtract(Range{0x1000, 0x9fc00});
    const auto bytes = build_core_header(f);
    CHECK(header(*bytes, 4).p_offset == 0x1000);
    CHECK(verify_core_header(*bytes, f));
}

TEST_CASE("the verifier refuses every header that is wrong in one place") {
    const CoreFacts f = facts();
    const auto good = *build_core_header(f);
    struct Case {
        const char* what;
        std::size_t index;
        std::function<void(Elf64_Phdr&)> damage;
    };
    for (const Case& c : std::vector<Case>{
             {"note outside RAM", 0, [](Elf64_Phdr& h) { h.p_offset = h.p_paddr = 0x50000000; }},
             {"note at another place", 1, [](Elf64_Phdr& h) { h.p_offset = h.p_paddr = 0x31000000; }},
             {"note without size", 2, [](Elf64_Phdr& h) { h.p_filesz = h.p_memsz = 0; }},
             {"kernel image elsewhere", 3, [](Elf64_Phdr& h) { h.p_paddr = h.p_offset = 0x1000000; }},
             {"kernel image too small", 3, [](Elf64_Phdr& h) { h.p_filesz = h.p_memsz = 0x100000; }},
             {"kernel image of zero", 3, [](Elf64_Phdr& h) { h.p_filesz = h.p_memsz = 0; }},
             {"_text is 0", 3, [](Elf64_Phdr& h) { h.p_vaddr = 0; }},
             {"backup forgotten", 4, [](Elf64_Phdr& h) { h.p_offset = h.p_paddr; }},
             {"backup outside", 4, [](Elf64_Phdr& h) { h.p_offset = 0x10000000; }},
             {"into the reservation", 5, [](Elf64_Phdr& h) { h.p_filesz = h.p_memsz += 0x1000; }},
             {"short", 5, [](Elf64_Phdr& h) { h.p_filesz = h.p_memsz -= 0x1000; }},
             {"beyond RAM", 6, [](Elf64_Phdr& h) { h.p_filesz = h.p_memsz += 0x1000; }},
             {"twice", 6,
              [](Elf64_Phdr& h) {
                  h.p_paddr = h.p_offset = 0x200000;
                  h.p_vaddr = fixtures::page_offset + 0x200000;
              }},
             {"wrong mapping", 6, [](Elf64_Phdr& h) { h.p_vaddr += 0x1000; }},
             {"content elsewhere", 6, [](Elf64_Phdr& h) { h.p_offset += 0x1000; }},
             {"file and memory size differ", 6, [](Elf64_Phdr& h) { h.p_filesz -= 1; }},
             {"wraps around", 6, [](Elf64_Phdr& h) { h.p_filesz = h.p_memsz = ~0ULL; }},
             {"another type", 6, [](Elf64_Phdr& h) { h.p_type = PT_DYNAMIC; }},
         }) {
        INFO(c.what);
        auto bytes = good;
        Elf64_Phdr h = header(bytes, c.index);
        c.damage(h);
        std::memcpy(bytes.data() + sizeof(Elf64_Ehdr) + c.index * sizeof(Elf64_Phdr), &h, sizeof(h));
        const auto verified = verify_core_header(bytes, f);
        REQUIRE_FALSE(verified);
        CHECK(exit_code(verified.error()) == exit_codes::corrupt);
        CHECK_THAT(verified.error().message(), Contains("nothing was loaded"));
    }
    for (const std::size_t byte : {0, 4, 5, 16, 18, 32, 54, 56}) { // the ELF header's fields
        auto bytes = good;
        bytes[byte] ^= std::byte{0x55};
        INFO(byte);
        CHECK_FALSE(verify_core_header(bytes, f));
    }
    auto cut = good;
    cut.pop_back();
    CHECK_FALSE(verify_core_header(cut, f));
    CHECK_FALSE(verify_core_header({}, f));
}

TEST_CASE("the verifier refuses memory that is there twice though nothing is lost") {
    const CoreFacts f = facts();
    auto bytes = *build_core_header(f);
    const Elf64_Phdr last = header(bytes, 6);
    fixtures::append(bytes, bytes_of(last));
    fixtures::poke(bytes, 56, std::uint16_t{8}); // e_phnum
    const auto verified = verify_core_header(bytes, f);
    REQUIRE_FALSE(verified);
    CHECK_THAT(verified.error().message(), Contains("0x3f000000-0x3ffd6fff is there twice"));
}

TEST_CASE("the verifier refuses content that the capture kernel overwrites") {
    CoreFacts f = facts();
    f.system_ram.subtract(Range{0x58000, 0x59000});
    f.backup->source = {0x1000, 0x58000};
    f.capture_ram.subtract(Range{0x58000, 0x9fc00});
    REQUIRE(verify_core_header(*build_core_header(f), f));
    struct Case {
        const char* what;
        Range given; // to the capture kernel
        const char* says;
    };
    for (const Case& c : std::vector<Case>{
             {"low memory that is not saved",
              {0x59000, 0x9fc00},
              "overwrites the content of 0x59000-0x9fbff"},
             {"the backup",
              {0x3ef00000, 0x3ef10000},
              "overwrites the content of 0x1000-0x57fff at 0x3ef00000"},
             {"the kernel's image", {0x2e400000, 0x2e401000}, "overwrites the content of 0x2e400000"},
             {"a note", {0x31000000, 0x31001000}, "a note at 0x31000000"}}) {
        INFO(c.what);
        CoreFacts given = f;
        given.capture_ram.add(c.given);
        const auto verified = verify_core_header(*build_core_header(given), given);
        REQUIRE_FALSE(verified);
        CHECK(exit_code(verified.error()) == exit_codes::corrupt);
        CHECK_THAT(verified.error().message(), Contains(c.says));
    }
}

TEST_CASE("a note in the reservation, or two in one place, is refused") {
    CoreFacts f = facts();
    f.notes[0].memory = {0x3ef80000, 0x3ef80180}; // reserved, if not given to the capture kernel
    CHECK_THAT(verify_core_header(*build_core_header(f), f).error().message(),
               Contains("a note at 0x3ef80000"));
    f = facts();
    f.notes[1].memory = f.notes[0].memory;
    CHECK_THAT(verify_core_header(*build_core_header(f), f).error().message(), Contains("is there twice"));
}

TEST_CASE("a kernel whose code lies elsewhere than kcore says is refused") {
    CoreFacts f = facts();
    f.kernel_code = {0x10000000, 0x11000000};
    CHECK_FALSE(verify_core_header(*build_core_header(f), f));
    f.kernel_code = {};
    CHECK_FALSE(verify_core_header(*build_core_header(f), f));
}

TEST_CASE("note buffers come from sysfs, or it says what is missing") {
    Machine machine = fixtures::machine();
    CHECK(cpus_without_notes(machine).empty());
    machine.cpus.push_back({2, "", ""});
    CHECK(cpus_without_notes(machine) == std::vector<unsigned>{2});
    const auto notes = note_buffers(machine);
    REQUIRE(notes);
    REQUIRE(notes->size() == 3);
    CHECK((*notes)[1].memory == Range{0x31100000, 0x31100180});
    CHECK((*notes)[2].memory == Range{0x3f0000, 0x3f1024});
    machine.vmcoreinfo = "";
    CHECK(note_buffers(machine).error().kind == ErrorKind::absent);
    machine = fixtures::machine();
    machine.cpus.clear();
    CHECK(note_buffers(machine).error().kind == ErrorKind::absent);
    machine = fixtures::machine();
    machine.cpus[0].crash_notes = "nothing";
    CHECK(note_buffers(machine).error().kind == ErrorKind::corrupt);
    machine.cpus[0].crash_notes = "ffffffffffffff00";
    CHECK(note_buffers(machine).error().kind == ErrorKind::corrupt);
}
