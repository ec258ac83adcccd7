// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/source/elf_vmcore.h"

#include "makedumpfile-lite/source/content.h"
#include "tests/fuzz/image_file.h"
#include "tests/fuzz/sample_dump.h"

namespace kdumpkit::fuzz {

namespace {

using dump::test::ElfFile;

void run(Bytes input) {
    const ImageFile file(input);
    use_image(dump::open_image(file.path()));
    auto content = dump::open_file_content(file.path());
    require(content.has_value(), "a file can be opened");
    if (const auto image = dump::open_elf_vmcore(std::move(*content), {.use_mmap = false}))
        (void)(*image)->reader()->view((*image)->memory().ranges().front().begin, 4096);
}

std::vector<Input> seeds() {
    std::vector<Input> all = {sample_core().finish()};
    ElfFile extended = sample_core(); // PN_XNUM
    extended.header.e_phnum = PN_XNUM;
    extended.header.e_shoff = 0x4800;
    Elf64_Shdr section{};
    section.sh_info = static_cast<Elf64_Word>(extended.programs.size());
    extended.put(0x4800, bytes_of(section));
    all.push_back(extended.finish());
    ElfFile far = sample_core();
    far.load((std::uint64_t{1} << 52) - 0x1000, 0x1000, 0x1000);
    all.push_back(far.finish());
    ElfFile endless = sample_core();
    endless.load(0x100000, std::uint64_t{1} << 51, 0x1000);
    all.push_back(endless.finish());
    // Small segments one after the other, then large ones over all of them.
    ElfFile overlapping;
    for (std::uint64_t i = 0; i < 2000; ++i)
        overlapping.load(0x1000 + i * 32, 16, 0x20000 + i * 16);
    for (std::uint64_t i = 0; i < 200; ++i)
        overlapping.load(0x1000, 64000, 0x20000);
    overlapping.fill(0x20000, 64000, 'm');
    all.push_back(overlapping.finish());
    // Each page has one byte in the file.
    ElfFile sparse;
    for (std::uint64_t i = 0; i < 2000; ++i)
        sparse.load(i << 33, 1, 0x20000 + i);
    sparse.fill(0x20000, 2000, 'm');
    all.push_back(sparse.finish());
    return all;
}

} // namespace

extern const Target elf_vmcore;
const Target elf_vmcore{"elf_vmcore", 1 << 18, run, seeds};

} // namespace kdumpkit::fuzz
