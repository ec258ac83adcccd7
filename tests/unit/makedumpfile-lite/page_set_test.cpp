// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/format/kdump_writer.h"
#include "makedumpfile-lite/page_set.h"

#include <algorithm>
#include <random>
#include <set>
#include <vector>

#include <catch2/catch.hpp>

using namespace kdumpkit::dump;

namespace {

constexpr std::uint64_t tib = std::uint64_t{1} << 28; // in pages

} // namespace

TEST_CASE("a page set agrees with a plain set of numbers") {
    std::mt19937_64 random(7);
    constexpr std::uint64_t limit = 3 * PageSet::chunk_pages + 777;
    PageSet set(limit);
    std::set<std::uint64_t> plain;
    for (int i = 0; i < 200; ++i) {
        const std::uint64_t begin = random() % limit;
        const std::uint64_t end = begin + random() % (i % 20 == 0 ? 2 * PageSet::chunk_pages : 300);
        const bool member = i % 3 != 0;
        member ? set.insert(begin, end) : set.erase(begin, end);
        for (std::uint64_t pfn = begin; pfn < std::min(end, limit); ++pfn)
            member ? (void)plain.insert(pfn) : (void)plain.erase(pfn);
    }
    CHECK(set.count() == plain.size());
    auto pfn = set.next(0);
    for (const std::uint64_t expected : plain) {
        if (pfn != expected || !set.contains(expected))
            FAIL("pfn " << expected << " is not the next one");
        pfn = set.next(expected + 1);
    }
    CHECK_FALSE(pfn);
    CHECK_FALSE(set.contains(limit));
}

TEST_CASE("pages far apart cost their chunks and not the space between them") {
    constexpr std::uint64_t far = PageSet::highest_limit - 5;
    PageSet set(~std::uint64_t{0});
    CHECK(set.limit() == PageSet::highest_limit);
    set.insert(3, 5);
    set.insert(far, far + 2);
    set.erase(1000, far); // nothing is there, and nothing is made
    CHECK(set.count() == 4);
    CHECK(set.next(5) == far);
    CHECK_FALSE(set.next(far + 2));
    CHECK(set.contains(far + 1));
    CHECK_FALSE(set.contains(std::uint64_t{1} << 35));
    CHECK(set.next_chunk(0) == 0);
    CHECK(set.next_chunk(1) == far / PageSet::chunk_pages);
    CHECK(set.next_chunk(far / PageSet::chunk_pages + 1) == PageSet::highest_limit / PageSet::chunk_pages);
    // From inside an empty group into the first pages of a later one.
    constexpr std::uint64_t group = 512 * PageSet::chunk_pages;
    set.insert(2 * group, 2 * group + 3);
    CHECK(set.count(group + 100, 3 * group) == 3);
    CHECK(set.next(group + 100) == 2 * group);
    CHECK(set.memory_bytes() < (std::uint64_t{1} << 20));
}

TEST_CASE("a page set packs what is not changed any more, and can be changed again") {
    std::mt19937_64 random(9);
    constexpr std::uint64_t chunks = 40; // more than stay unpacked
    PageSet set(chunks * PageSet::chunk_pages);
    std::vector<bool> plain(set.limit());
    const auto change = [&](std::uint64_t begin, std::uint64_t length, bool member) {
        const std::uint64_t end = std::min(begin + length, set.limit());
        member ? set.insert(begin, end) : set.erase(begin, end);
        std::fill(plain.begin() + static_cast<std::ptrdiff_t>(begin),
                  plain.begin() + static_cast<std::ptrdiff_t>(end), member);
    };
    for (std::uint64_t chunk = 0; chunk < chunks; ++chunk)
        // From a handful of runs in a chunk to more than a bitmap is worth.
        for (std::uint64_t i = 0; i < chunk * chunk * 4; ++i)
            change(chunk * PageSet::chunk_pages + random() % PageSet::chunk_pages, 1 + i % 3, i % 4 != 3);
    for (int i = 0; i < 5000; ++i)
        change(random() % set.limit(), 1 + random() % 90, i % 2 == 0);
    std::uint64_t wrong = 0;
    for (std::uint64_t pfn = 0; pfn < set.limit(); ++pfn)
        wrong += set.contains(pfn) != plain[pfn] ? 1 : 0;
    CHECK(wrong == 0);
    CHECK(set.count() == static_cast<std::uint64_t>(std::count(plain.begin(), plain.end(), true)));
    CHECK(set.count(777, 5 * PageSet::chunk_pages + 3) ==
          static_cast<std::uint64_t>(
              std::count(plain.begin() + 777, plain.begin() + 5 * PageSet::chunk_pages + 3, true)));
    std::uint64_t members = 0;
    for (auto pfn = set.next(0); pfn; pfn = set.next(*pfn)) {
        const std::uint64_t end = set.end_of_run(*pfn);
        members += end - *pfn;
        pfn = end;
    }
    CHECK(members == set.count());
    CHECK(set.memory_bytes() < chunks * PageSet::chunk_bytes + 512 * sizeof(PageChunk) + 64);
}

TEST_CASE("the page set of 12 TiB, with a run of members in every 64 MiB, stays small") {
    PageSet set(12 * tib);
    for (std::uint64_t pfn = 0; pfn < set.limit(); pfn += 16384)
        set.insert(pfn, pfn + 768);
    CHECK(set.count() == 12 * tib / 16384 * 768);
    CHECK(set.memory_bytes() < (std::uint64_t{4} << 20));
}

TEST_CASE("bitmaps of a wildly sparse image are refused") {
    const auto [limit, pages, fits] = GENERATE(table<std::uint64_t, std::uint64_t, bool>({
        {4 * tib, 1, true},         // 2 x 128 MiB, whatever is in it
        {4 * tib + 1024, 1, false}, // one page high above
        {64 * tib, tib, true},      // a large machine with holes
        {64 * tib, tib / 16, true}, // the sparsest that passes
        {64 * tib, tib / 16 - 1, false},
        {4096 * tib, tib, false},
    }));
    INFO(limit << " " << pages);
    const auto checked = format::check_kdump_bitmaps(limit, pages);
    CHECK(checked.has_value() == fits);
    if (!checked) {
        CHECK(checked.error().kind == kdumpkit::ErrorKind::unsupported);
        CHECK_FALSE(checked.error().next_step.empty());
    }
}

TEST_CASE("what two page sets have in common") {
    std::mt19937_64 random(8);
    constexpr std::uint64_t limit = 5 * PageSet::chunk_pages + 333;
    for (const std::uint64_t other_limit : {limit, limit - 2 * PageSet::chunk_pages - 5, 2 * limit}) {
        PageSet one(limit);
        PageSet other(other_limit);
        for (int i = 0; i < 60; ++i) {
            const auto change = [&](PageSet& set) {
                const std::uint64_t begin = random() % limit;
                const std::uint64_t end = begin + random() % (i % 5 == 0 ? 3 * PageSet::chunk_pages : 700);
                random() % 3 != 0 ? set.insert(begin, end) : set.erase(begin, end);
            };
            change(one);
            change(other);
        }
        PageSet both(limit);
        std::array<std::byte, PageSet::chunk_bytes> chunk;
        for (std::uint64_t i = 0; i * PageSet::chunk_pages < limit; ++i) {
            one.copy_chunk(i, chunk);
            both.set_chunk(i, chunk);
        }
        both.keep_only(other);
        std::uint64_t wrong = 0;
        std::uint64_t count = 0;
        for (std::uint64_t pfn = 0; pfn < limit; ++pfn) {
            const bool expected = one.contains(pfn) && other.contains(pfn);
            wrong += both.contains(pfn) != expected ? 1 : 0;
            count += expected ? 1 : 0;
        }
        CHECK(wrong == 0);
        CHECK(both.count() == count);
        CHECK(count != 0);
    }
}

TEST_CASE("sets of petabytes have what is common to them at once") {
    PageSet one(1024 * tib);
    one.insert(0, 1024 * tib);
    PageSet other(1024 * tib);
    for (std::uint64_t i = 0; i < 1024; ++i)
        other.insert(i * tib + 5, i * tib + 5 + PageSet::chunk_pages);
    one.keep_only(other);
    CHECK(one.count() == 1024 * PageSet::chunk_pages);
    other.keep_only(PageSet(0));
    CHECK(other.count() == 0);
}
