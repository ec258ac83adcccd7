// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/process.h"
#include "initramfs/elf_object.h"
#include "initramfs/strip.h"
#include "temporary_folder.h"
#include "tiny_elf.h"

using namespace kdumpkit;
using namespace kdumpkit::initramfs;

TEST_CASE("what lies behind the segments goes, the rest stays byte for byte") {
    const auto whole = test::make_object({{"libc.so.6"}, "libx.so.1", "", "/opt", "/lib64/ld.so"});
    const auto stripped = strip(whole);
    REQUIRE(stripped.size() == whole.size() - 100 - sizeof(Elf64_Shdr));
    // Only e_shoff, e_shnum and e_shstrndx may differ, all of them in the ELF header.
    CHECK(std::equal(stripped.begin() + sizeof(Elf64_Ehdr), stripped.end(),
                     whole.begin() + sizeof(Elf64_Ehdr)));
    const auto header = ByteReader(stripped).raw<Elf64_Ehdr>(0).value();
    CHECK(header.e_shoff == 0);
    CHECK(header.e_shnum == 0);
    CHECK(header.e_shstrndx == 0);
    CHECK(header.e_phnum == 3);
    CHECK(read_elf_object(stripped, "x").value().needed == std::vector<std::string>{"libc.so.6"});
    CHECK(strip(stripped) == stripped);
}

TEST_CASE("a stripped program still runs") {
    const test::TemporaryFolder folder;
    auto whole = read_file("/proc/self/exe").value();
    const std::size_t before = whole.size();
    const auto stripped = strip(std::move(whole));
    CHECK(stripped.size() < before);
    const std::string path = folder.file("program", stripped);
    const Fd out = open_file("/dev/null", 1 /* O_WRONLY */).value();
    CHECK(spawn({{path, "--help"}, -1, out.get(), -1}).value().wait().value().success());
}

TEST_CASE("what is no program, or lies about itself, is left as it is") {
    const auto whole = test::make_object({});
    const auto left_alone = [](std::vector<std::byte> bytes) { return strip(bytes) == bytes; };
    CHECK(left_alone({}));
    CHECK(left_alone(std::vector<std::byte>(1000, std::byte{1})));
    CHECK(left_alone(test::make_module({"depends="}))); // loaded by its sections
    auto truncated = whole;
    truncated.resize(sizeof(Elf64_Ehdr) + 10);
    CHECK(left_alone(truncated));

    const auto with_header = [&](auto change) {
        auto bytes = whole;
        auto header = ByteReader(bytes).raw<Elf64_Ehdr>(0).value();
        change(header);
        std::memcpy(bytes.data(), &header, sizeof header);
        return bytes;
    };
    CHECK(left_alone(with_header([](Elf64_Ehdr& h) { h.e_phnum = 0; })));
    CHECK(left_alone(with_header([](Elf64_Ehdr& h) { h.e_phnum = PN_XNUM; })));
    CHECK(left_alone(with_header([](Elf64_Ehdr& h) { h.e_phoff = ~0ULL - 8; })));
    CHECK(left_alone(with_header([](Elf64_Ehdr& h) { h.e_ident[EI_DATA] = ELFDATA2MSB; })));
    CHECK(left_alone(with_header([](Elf64_Ehdr& h) { h.e_ident[EI_CLASS] = ELFCLASS32; })));

    auto beyond = whole;
    auto segment = ByteReader(beyond).raw<Elf64_Phdr>(sizeof(Elf64_Ehdr)).value();
    segment.p_filesz = beyond.size() + 1;
    std::memcpy(beyond.data() + sizeof(Elf64_Ehdr), &segment, sizeof segment);
    CHECK(left_alone(beyond));
    segment.p_filesz = ~0ULL;
    segment.p_offset = 2;
    std::memcpy(beyond.data() + sizeof(Elf64_Ehdr), &segment, sizeof segment);
    CHECK(left_alone(beyond));
}
