// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/source/flattened_content.h"
#include "makedumpfile-lite/source/image.h"
#include "tests/unit/makedumpfile-lite/folder.h"
#include "tests/unit/makedumpfile-lite/source/elf_file.h"
#include "tests/unit/makedumpfile-lite/source/kdump_bytes.h"

#include <random>

#include <catch2/catch.hpp>

using namespace kdumpkit;
using namespace kdumpkit::dump;
using test::KdumpBytes;

namespace {

// A flattened file from numbers: a header of 4096 bytes, then records.
struct Flat {
    std::vector<std::byte> bytes = std::vector<std::byte>(4096);

    Flat() {
        std::memcpy(bytes.data(), "makedumpfile", 12);
        bytes[23] = std::byte{1}; // type and version, big-endian
        bytes[31] = std::byte{1};
    }
    void number(std::uint64_t value) {
        for (int shift = 56; shift >= 0; shift -= 8)
            bytes.push_back(static_cast<std::byte>(value >> shift & 0xff));
    }
    Flat& record(std::uint64_t offset, Bytes what) {
        number(offset);
        number(what.size());
        bytes.insert(bytes.end(), what.begin(), what.end());
        return *this;
    }
    Flat& end() {
        number(~std::uint64_t{0});
        number(~std::uint64_t{0});
        return *this;
    }
};

Result<std::unique_ptr<Content>> open(const test::Folder& folder, const Flat& flat) {
    KdumpBytes::write(folder / "flat", flat.bytes);
    return open_content(folder / "flat");
}

std::string text(const Content& content, std::uint64_t offset, std::size_t size) {
    std::string out(size, '?');
    REQUIRE(content.read(offset, std::as_writable_bytes(std::span(out.data(), size))));
    return out;
}

} // namespace

TEST_CASE("of records that overlap, the later one is seen") {
    using Pieces = std::vector<FlatPiece>;
    CHECK(resolve_overlaps({}).empty());
    CHECK(resolve_overlaps({{10, 20, 100}, {0, 10, 200}}) == Pieces{{0, 10, 200}, {10, 20, 100}});
    // inside, over the end, over all
    CHECK(resolve_overlaps({{0, 30, 100}, {10, 20, 200}}) ==
          Pieces{{0, 10, 100}, {10, 20, 200}, {20, 30, 120}});
    CHECK(resolve_overlaps({{10, 20, 200}, {0, 30, 100}}) == Pieces{{0, 30, 100}});
    CHECK(resolve_overlaps({{0, 20, 100}, {10, 30, 200}}) == Pieces{{0, 10, 100}, {10, 30, 200}});
    CHECK(resolve_overlaps({{10, 30, 200}, {0, 20, 100}}) == Pieces{{0, 20, 100}, {20, 30, 210}});
    CHECK(resolve_overlaps({{0, 10, 100}, {20, 30, 200}, {5, 25, 300}}) ==
          Pieces{{0, 5, 100}, {5, 25, 300}, {25, 30, 205}});
}

TEST_CASE("records out of order, over each other and apart are one file") {
    const test::Folder folder;
    const auto opened = open(folder, Flat()
                                         .record(8, as_bytes("world"))
                                         .record(0, as_bytes("hello, w"))
                                         .record(4, as_bytes("O"))
                                         .record(20, as_bytes("!"))
                                         .end());
    REQUIRE(opened);
    CHECK((*opened)->size() == 21);
    CHECK((*opened)->flattened());
    CHECK((*opened)->missing().empty());
    CHECK(text(**opened, 0, 21) == std::string("hellO, wworld\0\0\0\0\0\0\0!", 21));
    CHECK(text(**opened, 7, 3) == "wwo");
    CHECK((*opened)->next_data(14) == 20);
    std::byte one{};
    CHECK((*opened)->read(21, std::span(&one, 1)).error().kind == ErrorKind::corrupt);
}

TEST_CASE("a flattened file that ends early or has a damaged record opens as far as it goes") {
    const test::Folder folder;
    Flat flat = Flat().record(0, as_bytes("first")).record(5, as_bytes("second"));
    SECTION("no end") {
        CHECK((*open(folder, flat))->size() == 11);
    }
    SECTION("inside a record's bytes") {
        flat.bytes.resize(flat.bytes.size() - 2);
        CHECK((*open(folder, flat))->size() == 9);
    }
    SECTION("inside a record's head") {
        flat.number(5);
        CHECK((*open(folder, flat))->size() == 11);
    }
    SECTION("negative numbers") {
        flat.number(~std::uint64_t{0} - 7);
        flat.number(4);
        CHECK((*open(folder, flat))->size() == 11);
    }
    SECTION("numbers that overflow") {
        flat.number(INT64_MAX);
        flat.number(2);
        CHECK((*open(folder, flat))->size() == 11);
    }
    CHECK_FALSE((*open(folder, flat))->missing().empty());
}

TEST_CASE("a record that is cut off, or whose length is damaged, hides nothing that came before it") {
    const test::Folder folder;
    Flat cut;
    cut.record(0, as_bytes("headers and bitmaps")).record(100, as_bytes("pages"));
    cut.number(8);
    cut.number(1 << 20); // there are 12 bytes of it
    const auto tail = as_bytes("RUBBISH-PAGE");
    cut.bytes.insert(cut.bytes.end(), tail.begin(), tail.end());
    auto content = open(folder, cut);
    REQUIRE(content);
    CHECK_FALSE((*content)->missing().empty());
    CHECK(text(**content, 0, 20) == "headers and bitmapsE");
    CHECK(text(**content, 100, 5) == "pages");

    Flat damaged;
    damaged.record(0, as_bytes("headers and bitmaps"));
    damaged.number(30);
    damaged.number(3'109'208'164); // more than any program writes at once: what follows is anything
    damaged.bytes.insert(damaged.bytes.end(), tail.begin(), tail.end());
    content = open(folder, damaged);
    REQUIRE(content);
    CHECK((*content)->missing().find("damaged") != std::string::npos);
    CHECK((*content)->size() == 19);

    Flat beyond;
    beyond.record(0, as_bytes("headers and bitmaps")).record(0x0a0000000000000c, as_bytes("x")).end();
    content = open(folder, beyond);
    REQUIRE(content);
    CHECK((*content)->missing().find("damaged") != std::string::npos);
}

TEST_CASE("a flattened file of another type or version is refused") {
    const test::Folder folder;
    Flat flat;
    const auto at = GENERATE(16, 23, 31);
    flat.bytes[static_cast<std::size_t>(at)] = std::byte{9};
    CHECK(open(folder, flat.end()).error().kind == ErrorKind::unsupported);
}

TEST_CASE("a flattened dump is read as the dump it describes") {
    const test::Folder folder;
    const KdumpBytes dump;
    Flat flat;
    // In pieces of odd sizes, the later ones first, then the header once more as a writer does at the end.
    std::vector<std::pair<std::size_t, std::size_t>> pieces;
    for (std::size_t at = 0, size = 1; at < dump.bytes.size(); at += size, size = 3 * size % 5003 + 1)
        pieces.emplace_back(at, std::min(size, dump.bytes.size() - at));
    KdumpBytes unfinished = dump;
    unfinished.put32(424, 9);
    flat.record(0, Bytes(unfinished.bytes).first(464));
    for (auto piece = pieces.rbegin(); piece != pieces.rend(); ++piece)
        flat.record(piece->first, Bytes(dump.bytes).subspan(piece->first, piece->second));
    flat.end();
    KdumpBytes::write(folder / "flat", flat.bytes);
    const auto opened = open_image(folder / "flat");
    REQUIRE(opened);
    CHECK((*opened)->flattened());
    CHECK_FALSE((*opened)->truncated());
    const auto reader = (*opened)->reader();
    for (std::uint64_t pfn = KdumpBytes::first; pfn < KdumpBytes::saved_end; pfn += 2) {
        const auto page = reader->view(pfn * 4096, 4096);
        REQUIRE(page);
        CHECK(std::vector<std::byte>(page->begin(), page->end()) == KdumpBytes::page(pfn));
    }
}

TEST_CASE("a flattened core of a few KiB does not describe a machine of zeros") {
    const test::Folder folder;
    const std::uint64_t gib = std::uint64_t{1} << 30;
    const std::uint64_t size = GENERATE(4, 5, 1000) * (std::uint64_t{1} << 30);
    test::ElfFile core;
    core.load(0, size, 4096);
    Flat flat;
    flat.record(0, core.finish());
    const std::string last(1, 'x');
    flat.record(4096 + size - 1, as_bytes(last)).end();
    KdumpBytes::write(folder / "flat", flat.bytes);
    const auto opened = open_image(folder / "flat");
    CHECK(opened.has_value() == (size == 4 * gib));
    if (!opened) {
        CHECK(opened.error().kind == ErrorKind::corrupt);
        CHECK(opened.error().next_step.find("makedumpfile-lite -R") != std::string::npos);
    }
}

TEST_CASE("random damage of a flattened dump never does more than make it unreadable") {
    const test::Folder folder;
    const KdumpBytes dump;
    Flat good;
    for (std::size_t at = 0; at < dump.bytes.size(); at += 4000)
        good.record(at, Bytes(dump.bytes).subspan(at, std::min<std::size_t>(4000, dump.bytes.size() - at)));
    good.end();
    std::mt19937_64 random(7);
    for (int round = 0; round < 500; ++round) {
        Flat flat = good;
        for (int i = 0; i < 3; ++i) {
            // Mostly heads of records.
            const std::size_t record = 4096 + random() % (dump.bytes.size() / 4000) * 4016;
            const std::size_t at = random() % 3 != 0 ? record + random() % 16 : random() % flat.bytes.size();
            flat.bytes[at] ^= static_cast<std::byte>(1U << (random() % 8));
        }
        KdumpBytes::write(folder / "flat", flat.bytes);
        const auto opened = open_image(folder / "flat");
        if (!opened)
            continue;
        const auto reader = (*opened)->reader();
        for (std::uint64_t pfn = 0; pfn < KdumpBytes::limit; ++pfn)
            (void)reader->view(pfn * 4096, 4096);
    }
}
