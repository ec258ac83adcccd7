// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/decompressor.h"
#include "makedumpfile-lite/faults.h"
#include "makedumpfile-lite/page_test.h"
#include "makedumpfile-lite/source/content.h"
#include "makedumpfile-lite/source/image.h"
#include "makedumpfile-lite/source/kdump_structure.h"
#include "tests/unit/makedumpfile-lite/folder.h"
#include "tests/unit/makedumpfile-lite/source/kdump_bytes.h"

#include <random>

#include <catch2/catch.hpp>
#include <elf.h>

using namespace kdumpkit;
using namespace kdumpkit::dump;
using test::KdumpBytes;

namespace {

Result<std::unique_ptr<Image>> open(const test::Folder& folder, const std::vector<std::byte>& bytes) {
    KdumpBytes::write(folder / "dump", bytes);
    return open_image(folder / "dump");
}

// Reads every page that should be there; the ones that cannot be read.
std::uint64_t unreadable(const Image& image) {
    Faults faults;
    REQUIRE(read_every_page(image, faults, [](std::uint64_t) -> Result<> { return {}; }));
    return faults.pages();
}

void check_pages(const Image& image) {
    const auto reader = image.reader();
    for (std::uint64_t pfn = 0; pfn < KdumpBytes::limit; ++pfn) {
        const auto page = reader->view(pfn * 4096, 4096);
        INFO(pfn);
        REQUIRE(page.has_value() == KdumpBytes::is_saved(pfn));
        if (page)
            CHECK(std::vector<std::byte>(page->begin(), page->end()) == KdumpBytes::page(pfn));
        else
            CHECK(page.error().kind == ErrorKind::absent);
    }
    // Backwards, so that no count goes on from the last one.
    const auto again = image.reader();
    for (std::uint64_t pfn = KdumpBytes::saved_end - 2; pfn >= KdumpBytes::first; pfn -= 2) {
        const auto page = again->view(pfn * 4096, 4096);
        REQUIRE(page);
        CHECK(std::vector<std::byte>(page->begin(), page->end()) == KdumpBytes::page(pfn));
    }
}

std::vector<std::string> structure(const test::Folder& folder, const KdumpBytes& dump) {
    dump.write(folder / "dump");
    Faults faults;
    const auto content = open_content(folder / "dump");
    REQUIRE(content);
    REQUIRE(check_kdump_structure(**content, faults));
    return faults.lines();
}

} // namespace

TEST_CASE("a kdump-compressed dump is read, whatever compressed its pages") {
    const test::Folder folder;
    const auto version = GENERATE(5U, 6U);
    const auto opened = open(folder, KdumpBytes(version).bytes);
    REQUIRE(opened);
    const Image& image = **opened;
    CHECK(image.memory() == RangeSet{{16 * 4096, 300 * 4096}});
    CHECK_FALSE(image.truncated());
    CHECK(image.warnings().empty());
    CHECK(image.format() == "kdump-compressed");
    CHECK(image.elf_machine() == EM_X86_64);
    CHECK(image.vmcoreinfo() == "OSRELEASE=6.1.0-test\nPAGESIZE=4096\n");
    CHECK(image.notes().size() == 104 + 336 - 104 + 20 + 24 + 36);
    REQUIRE(image.header() != nullptr);
    const DumpHeader& header = *image.header();
    CHECK(header.version_number == static_cast<int>(version));
    CHECK(header.level == 31);
    CHECK(header.phys_base == 0x1000000);
    CHECK(header.crash_time == 1700000000);
    CHECK(header.nodename == "host");
    CHECK(as_text(header.eraseinfo) == "erase secret 16\n");
    REQUIRE(image.present() != nullptr);
    CHECK(image.present()->count() == 52);
    check_pages(image);
}

TEST_CASE("views of part of a page and of several pages") {
    const test::Folder folder;
    KdumpBytes dump;
    // 16 and 17 both there: 17 shares the data of 18.
    dump.set_bit(KdumpBytes::bitmap2, 17);
    auto rest = std::vector<std::byte>(dump.bytes.begin() + KdumpBytes::descriptors + 24,
                                       dump.bytes.begin() + static_cast<std::ptrdiff_t>(dump.data));
    rest.insert(rest.begin(), rest.begin(), rest.begin() + 24);
    rest.resize(rest.size() - 24); // the last page gives way
    std::copy(rest.begin(), rest.end(), dump.bytes.begin() + KdumpBytes::descriptors + 24);
    dump.bytes[KdumpBytes::bitmap2 + 118 / 8] &= static_cast<std::byte>(~(1U << (118 % 8)));
    const auto opened = open(folder, dump.bytes);
    REQUIRE(opened);
    const auto reader = (*opened)->reader();
    const auto part = reader->view(16 * 4096 + 100, 50);
    REQUIRE(part);
    CHECK((*part)[0] == KdumpBytes::page(16)[100]);
    const auto across = reader->view(16 * 4096 + 4000, 4096 + 200);
    REQUIRE(across);
    CHECK((*across)[0] == KdumpBytes::page(16)[4000]);
    CHECK((*across)[96] == KdumpBytes::page(18)[0]);
    CHECK((*across)[96 + 4096] == KdumpBytes::page(18)[0]); // page 18 itself
    CHECK(reader->view(18 * 4096, 8192).error().kind == ErrorKind::absent);
    CHECK(reader->view(18 * 4096, 0).error().kind == ErrorKind::invalid);
    CHECK(reader->view(~std::uint64_t{0} - 10, 100).error().kind == ErrorKind::absent);
    CHECK(structure(folder, dump).empty()); // shared data is no fault
}

TEST_CASE("a header that lies is refused, with the field's place") {
    struct Lie {
        std::size_t at, width;
        std::uint64_t value;
        ErrorKind kind;
        const char* said;
    };
    using Kdump = KdumpBytes;
    const auto lie = GENERATE(values<Lie>({
        {8, 4, 0, ErrorKind::corrupt, "version 0"},
        {8, 4, 7, ErrorKind::unsupported, "version 7"},
        {8, 4, 0x06000000, ErrorKind::unsupported, "big-endian"},
        {8, 4, 0xffffffff, ErrorKind::corrupt, "version -1"},
        {12 + 4 * 65, 8, 0x36383669, ErrorKind::unsupported, "i686"},
        {12 + 4 * 65, 8, 0x7830393373, ErrorKind::unsupported, "s390x"},
        {428, 4, 0, ErrorKind::corrupt, "blocks of 0"},
        {428, 4, 4097, ErrorKind::corrupt, "blocks of 4097"},
        {428, 4, 0x80000000, ErrorKind::corrupt, "blocks of"},
        {428, 4, 8192, ErrorKind::corrupt, ""},
        {432, 4, 0, ErrorKind::corrupt, "sub-header"},
        {432, 4, 0xffffffff, ErrorKind::corrupt, "sub-header"},
        {432, 4, 0x7fffffff, ErrorKind::corrupt, "bitmaps"},
        {436, 4, 0, ErrorKind::corrupt, "0 blocks of bitmaps"},
        {436, 4, 0xffffffff, ErrorKind::corrupt, "blocks of bitmaps"},
        {436, 4, 0x7ffffff0, ErrorKind::corrupt, "bitmaps"},
        {Kdump::sub + 96, 8, 0, ErrorKind::corrupt, "highest page frame"},
        {Kdump::sub + 96, 8, 4096 * 8 + 1, ErrorKind::corrupt, "bitmaps of 4096 bytes"},
        {Kdump::sub + 96, 8, ~std::uint64_t{0}, ErrorKind::corrupt, "highest page frame"},
        {Kdump::sub + 40, 8, ~std::uint64_t{0}, ErrorKind::corrupt, "VMCOREINFO"},
        {Kdump::sub + 56, 8, ~std::uint64_t{0} - 5000, ErrorKind::corrupt, "notes"},
        {Kdump::sub + 64, 8, ~std::uint64_t{0}, ErrorKind::corrupt, "eraseinfo"},
    }));
    const test::Folder folder;
    KdumpBytes dump;
    dump.put(lie.at, lie.value, lie.width);
    const auto opened = open(folder, dump.bytes);
    INFO(lie.at << " " << lie.value);
    REQUIRE_FALSE(opened);
    INFO(opened.error().message());
    CHECK(opened.error().kind == lie.kind);
    CHECK(opened.error().side == ErrorSide::source);
    CHECK(opened.error().message().find(lie.said) != std::string::npos);
}

TEST_CASE("notes that lie outside the file are a warning, not the end") {
    const test::Folder folder;
    KdumpBytes dump;
    dump.put64(KdumpBytes::sub + 48, 1 << 30);
    dump.put64(KdumpBytes::sub + 72, std::uint64_t{1} << 40);
    const auto opened = open(folder, dump.bytes);
    REQUIRE(opened);
    CHECK((*opened)->warnings().size() == 2);
    CHECK((*opened)->notes().empty());
    check_pages(**opened);
    CHECK(structure(folder, dump).size() == 4);
}

TEST_CASE("a descriptor or page that lies makes that page unreadable, and verify names it") {
    struct Lie {
        std::size_t at; // in the descriptor of page 20
        std::uint64_t value;
        std::size_t width;
        const char* said; // by verify's look at the structure; empty: reading says it
    };
    const auto lie = GENERATE(values<Lie>({{0, 1 << 30, 8, ""},
                                           {0, ~std::uint64_t{0}, 8, ""},
                                           {0, 1, 8, "among the headers"},
                                           {8, 0, 4, ""},
                                           {8, 4097, 4, ""},
                                           {8, 0xffffffff, 4, ""},
                                           {12, 3, 4, ""},
                                           {12, 0x40, 4, ""},
                                           {12, 8, 4, ""}}));
    const test::Folder folder;
    KdumpBytes dump;
    dump.put(KdumpBytes::descriptor(20) + lie.at, lie.value, lie.width);
    const auto opened = open(folder, dump.bytes);
    INFO(lie.at << " " << lie.value);
    REQUIRE(opened);
    CHECK(unreadable(**opened) == 1);
    const auto page = (*opened)->reader()->view(20 * 4096, 4096);
    REQUIRE_FALSE(page);
    CHECK(page.error().kind == ErrorKind::corrupt);
    CHECK(page.error().message().find("0x14000 of") != std::string::npos);
    if (*lie.said != '\0') {
        const auto lines = structure(folder, dump);
        REQUIRE(lines.size() == 1);
        CHECK(lines[0].find(lie.said) != std::string::npos);
    }
}

TEST_CASE("page data that overlaps without being shared is a fault") {
    const test::Folder folder;
    KdumpBytes dump;
    CHECK(structure(folder, dump).empty());
    const auto where = *ByteReader(Bytes(dump.bytes)).u64(KdumpBytes::descriptor(20));
    dump.put64(KdumpBytes::descriptor(40), where + 1);
    const auto lines = structure(folder, dump);
    REQUIRE_FALSE(lines.empty());
    CHECK(lines[0].find("overlap") != std::string::npos);
}

TEST_CASE("bitmaps that disagree or reach too far are faults, and the page is kept") {
    const test::Folder folder;
    KdumpBytes dump;
    dump.bytes[KdumpBytes::bitmap1 + 2] &= std::byte{0xfe}; // page 16
    auto opened = open(folder, dump.bytes);
    REQUIRE(opened);
    CHECK((*opened)->memory().contains(16 * 4096));
    CHECK((*opened)->warnings().size() == 1);
    CHECK(structure(folder, dump)[0].find("disagree") != std::string::npos);
    KdumpBytes beyond;
    beyond.set_bit(KdumpBytes::bitmap1, 303);
    CHECK(structure(folder, beyond)[0].find("beyond the highest") != std::string::npos);
}

TEST_CASE("a dump that was cut off gives what it has") {
    const test::Folder folder;
    const KdumpBytes dump;
    const std::size_t size = dump.bytes.size();
    for (std::size_t cut = size - 1; cut > 100; cut -= std::min<std::size_t>(cut, 997)) {
        const auto opened =
            open(folder, {dump.bytes.begin(), dump.bytes.begin() + static_cast<std::ptrdiff_t>(cut)});
        INFO(cut << " of " << size);
        if (cut < KdumpBytes::bitmap2 + 38) { // bytes of a bitmap that hold pfns
            REQUIRE_FALSE(opened);
            CHECK(opened.error().kind == ErrorKind::corrupt);
            continue;
        }
        REQUIRE(opened);
        const Image& image = **opened;
        CHECK(image.truncated());
        CHECK(image.warnings().size() == 1);
        CHECK(image.present()->count() < 52);
        CHECK(unreadable(image) == 52 - image.present()->count());
        const auto lost = image.reader()->view(118 * 4096, 4096);
        REQUIRE_FALSE(lost);
        CHECK(lost.error().kind == ErrorKind::corrupt);
    }
}

TEST_CASE("a dump that was never finished has the pages whose descriptors arrived") {
    const test::Folder folder;
    KdumpBytes dump;
    dump.put32(424, 1 | 8);
    for (std::uint64_t pfn = 100; pfn < KdumpBytes::saved_end; pfn += 2)
        dump.put64(KdumpBytes::descriptor(pfn), 0);
    const auto opened = open(folder, dump.bytes);
    REQUIRE(opened);
    CHECK((*opened)->truncated());
    CHECK((*opened)->present()->count() == 42);
    CHECK(unreadable(**opened) == 10);
    CHECK((*opened)->warnings()[0].find("never finished: 10 of its 52 pages") != std::string::npos);
}

TEST_CASE("data that gives less or more than a page is damaged, and nothing beyond the page is written") {
    const auto size = GENERATE(as<std::size_t>{}, 1, 4095, 4097, 9000);
    const std::vector<unsigned char> plain(size, 'p');
    std::vector<std::byte> packed(20000);
    auto* to = reinterpret_cast<unsigned char*>(packed.data());
    uLongf zlib = packed.size();
    REQUIRE(compress2(to, &zlib, plain.data(), size, 1) == Z_OK);
    std::vector<std::byte> page(4096 + 64, std::byte{'?'});
    Decompressor decompressor;
    const auto refused = [&](std::uint32_t flags, std::size_t bytes) {
        const auto done =
            decompressor.decompress(flags, Bytes(packed).first(bytes), std::span(page).first(4096));
        REQUIRE_FALSE(done);
        CHECK(done.error().kind == ErrorKind::corrupt);
        CHECK(std::all_of(page.begin() + 4096, page.end(), [](std::byte b) { return b == std::byte{'?'}; }));
    };
    refused(1, zlib);
    const std::size_t zstd = ZSTD_compress(to, packed.size(), plain.data(), size, 1);
    refused(32, zstd);
    std::size_t snappy = 0;
    snappy::RawCompress(reinterpret_cast<const char*>(plain.data()), size, reinterpret_cast<char*>(to),
                        &snappy);
    refused(4, snappy);
    std::vector<std::max_align_t> work(LZO1X_1_MEM_COMPRESS / sizeof(std::max_align_t) + 1);
    lzo_uint lzo = packed.size();
    REQUIRE(lzo1x_1_compress(plain.data(), size, to, &lzo, work.data()) == LZO_E_OK);
    refused(2, lzo);
    refused(0, size);
}

TEST_CASE("random damage never does more than make a dump unreadable") {
    const test::Folder folder;
    const KdumpBytes good;
    std::mt19937_64 random(20240607);
    for (int round = 0; round < 1500; ++round) {
        KdumpBytes dump = good;
        const std::size_t flips = 1 + random() % 8;
        for (std::size_t i = 0; i < flips; ++i) {
            // Most in the headers, where it matters.
            const std::size_t area = random() % 4;
            const std::size_t end = area == 0   ? 464
                                    : area == 1 ? KdumpBytes::sub + 104
                                    : area == 2 ? dump.data
                                                : dump.bytes.size();
            const std::size_t begin = area == 1 ? KdumpBytes::sub : 8;
            dump.bytes[begin + random() % (end - begin)] ^= static_cast<std::byte>(1U << (random() % 8));
        }
        const auto opened = open(folder, dump.bytes);
        INFO("round " << round);
        if (!opened) {
            CHECK(
                (opened.error().kind == ErrorKind::corrupt || opened.error().kind == ErrorKind::unsupported));
            CHECK(opened.error().side == ErrorSide::source);
            continue;
        }
        CHECK(unreadable(**opened) <= 52 * 8);
        Faults faults;
        const auto content = open_content(folder / "dump");
        CHECK(check_kdump_structure(**content, faults));
        CHECK(faults.lines().size() <= Faults::most_listed + 1);
    }
}
