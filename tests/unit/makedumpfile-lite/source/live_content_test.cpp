// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/page_set.h"
#include "makedumpfile-lite/source/content.h"
#include "makedumpfile-lite/source/elf_vmcore.h"
#include "tests/unit/makedumpfile-lite/folder.h"
#include "tests/unit/makedumpfile-lite/source/elf_file.h"
#include "tests/unit/makedumpfile-lite/source/kdump_bytes.h"

#include <random>

#include <catch2/catch.hpp>
#include <sys/mman.h>

using namespace kdumpkit;
using namespace kdumpkit::dump;
using test::ElfFile;

TEST_CASE("pages that the kernel will not show read as zero and are counted once") {
    // A process's own memory answers EIO where nothing is mapped, as /proc/kcore does.
    constexpr std::size_t page = 4096;
    auto* const area = static_cast<char*>(
        ::mmap(nullptr, 4 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    REQUIRE(area != MAP_FAILED);
    std::memset(area, 'm', 4 * page);
    REQUIRE(::munmap(area + page, 2 * page) == 0);
    const auto content = open_live_content("/proc/self/mem");
    REQUIRE(content);
    CHECK((*content)->descriptor() == -1);
    std::vector<std::byte> bytes(3 * page, std::byte{'?'});
    for (int i = 0; i < 2; ++i) {
        // From the middle of the first page to the middle of the last.
        REQUIRE((*content)->read(reinterpret_cast<std::uintptr_t>(area) + page / 2, bytes));
        CHECK(bytes[0] == std::byte{'m'});
        CHECK(bytes[page / 2 - 1] == std::byte{'m'});
        CHECK(std::all_of(bytes.begin() + page / 2, bytes.end() - page / 2,
                          [](std::byte b) { return b == std::byte{0}; }));
        CHECK(bytes.back() == std::byte{'m'});
        CHECK((*content)->unreadable_pages() == 2);
    }
    ::munmap(area, page);
    ::munmap(area + 3 * page, page);
}

TEST_CASE(
    "of live memory only what has a physical address is taken, with a statement about its consistency") {
    const test::Folder folder;
    ElfFile file;
    file.load(0x1000, 0x2000, 0x1000, 0xffff888000001000);
    file.load(~std::uint64_t{0}, 0x7fff00000000, 0x3000, 0xffffc90000000000); // vmalloc
    file.load(0x200000, 0x1000, 0x7fff81000000, 0xffffffff81000000);          // text, far behind the end
    file.fill(0x1000, 0x2000, 'r');
    test::KdumpBytes::write(folder / "kcore", file.finish());
    const auto image = open_elf_vmcore(*open_live_content(folder / "kcore"), {.live = true});
    REQUIRE(image);
    CHECK((*image)->live());
    CHECK((*image)->format() == "kcore");
    CHECK_FALSE((*image)->truncated());
    CHECK((*image)->memory() == RangeSet{{0x1000, 0x3000}, {0x200000, 0x201000}});
    REQUIRE((*image)->warnings().size() == 1);
    CHECK((*image)->warnings()[0].find("changes while it is read") != std::string::npos);
    const auto reader = (*image)->reader();
    CHECK((*reader->view(0x1000, 4096))[0] == std::byte{'r'});
    CHECK((*reader->view(0x200000, 4096))[0] == std::byte{0});
    CHECK((*image)->unreadable_pages() >= 1);
}

TEST_CASE("a hundred thousand program headers are read in bounded time") {
    const test::Folder folder;
    constexpr std::size_t count = 100'000;
    ElfFile file;
    // Pages with gaps between them, in an order that is not theirs; each 16 bytes of the file.
    for (std::size_t i = 0; i < count; ++i) {
        const std::uint64_t number = i * 7919 % count;
        file.load(number * 0x2000, 16, 8'000'000 + number * 16);
    }
    file.fill(8'000'000, count * 16, 'x');
    file.put(8'000'000 + 12345 * 16, as_bytes("here"));
    Elf64_Shdr section{};
    section.sh_info = count;
    file.header.e_phnum = PN_XNUM;
    file.header.e_shoff = 8'000'000 + count * 16;
    file.put(file.header.e_shoff, bytes_of(section));
    test::KdumpBytes::write(folder / "vmcore", file.finish());
    const auto image = open_image(folder / "vmcore");
    REQUIRE(image);
    CHECK((*image)->memory().ranges().size() == count);
    CHECK((*image)->memory().total() == count * 4096);
    const auto reader = (*image)->reader();
    const auto page = reader->view(12345 * 0x2000, 4096);
    REQUIRE(page);
    CHECK(as_text(page->first(4)) == "here");
}

TEST_CASE("of a truncated core the pages that are whole are present") {
    const test::Folder folder;
    ElfFile file;
    file.load(0x10000, 0x4000, 0x1000);
    file.load(0x20000, 0x4000, 0x5000);
    file.fill(0x1000, 0x8000, 'x');
    auto bytes = file.finish();
    bytes.resize(0x6800);
    test::KdumpBytes::write(folder / "vmcore", bytes);
    const auto image = open_image(folder / "vmcore");
    REQUIRE(image);
    CHECK((*image)->truncated());
    REQUIRE((*image)->present() != nullptr);
    CHECK((*image)->present()->count() == 5);
    CHECK((*image)->present()->contains(0x20));
    CHECK_FALSE((*image)->present()->contains(0x21));
    CHECK((*image)->memory().total() == 0x8000);
    CHECK((*image)->warnings().size() == 1);
}

TEST_CASE("page sets take bitmaps, meet, and know their runs") {
    std::mt19937_64 random(3);
    constexpr std::uint64_t limit = 2 * PageSet::chunk_pages + 100;
    PageSet a(limit), b(limit);
    for (int i = 0; i < 300; ++i) {
        const std::uint64_t begin = random() % limit;
        a.insert(begin, begin + random() % 400);
        b.insert(begin + 37, begin + random() % 900);
    }
    b.insert(0, 40000);
    PageSet copy(limit);
    std::array<std::byte, PageSet::chunk_bytes> chunk;
    for (std::uint64_t i = 0; i < 3; ++i) {
        a.copy_chunk(i, chunk);
        copy.set_chunk(i, chunk);
    }
    CHECK(copy.count() == a.count());
    PageSet both(limit);
    for (std::uint64_t pfn = 0; pfn < limit; ++pfn) {
        if (copy.contains(pfn) != a.contains(pfn))
            FAIL("pfn " << pfn << " differs");
        if (a.contains(pfn) && b.contains(pfn))
            both.insert(pfn, pfn + 1);
    }
    copy.keep_only(b);
    CHECK(copy.count() == both.count());
    for (auto pfn = both.next(0); pfn; pfn = both.next(*pfn)) {
        const std::uint64_t end = both.end_of_run(*pfn);
        if (both.count(*pfn, end) != end - *pfn || both.contains(end) || copy.count(*pfn, end) != end - *pfn)
            FAIL("the run at " << *pfn);
        *pfn = end;
    }
    // Bits of the last chunk beyond the limit are no members.
    chunk.fill(std::byte{0xff});
    copy.set_chunk(2, chunk);
    CHECK(copy.count(2 * PageSet::chunk_pages, limit) == 100);
    chunk[0] = std::byte{0xfe};
    copy.set_chunk(2, chunk);
    CHECK(copy.count(2 * PageSet::chunk_pages, limit + 5000) == 99);
    copy.set_chunk(std::uint64_t{1} << 50, chunk);
}
