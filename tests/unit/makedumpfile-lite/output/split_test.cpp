// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/split.h"

#include <algorithm>

#include <catch2/catch.hpp>

using namespace kdumpkit;
using namespace kdumpkit::dump;

namespace {

PageSet set_of(std::uint64_t limit, const std::vector<Range>& ranges) {
    PageSet set(limit);
    for (const Range& range : ranges)
        set.insert(range.begin, range.end);
    return set;
}

} // namespace

TEST_CASE("parts follow each other, from the first pfn to the last") {
    const PageSet kept = set_of(100000, {{10, 20}, {5000, 9000}, {70000, 70001}});
    for (const std::size_t parts : {1, 2, 3, 17}) {
        const auto ranges = split_pfns(kept, 100000, parts, 256);
        REQUIRE(ranges.size() == parts);
        std::uint64_t at = 0;
        for (const Range& range : ranges) {
            CHECK(range.begin == at);
            at = range.end;
        }
        CHECK(at == 100000);
    }
}

TEST_CASE("parts hold as many pages each, give or take a block") {
    const PageSet kept = set_of(1 << 20, {{300, 40000}, {100000, 100007}, {600000, 640321}});
    const std::uint64_t block = GENERATE(1, 256, 4096);
    const std::size_t parts = GENERATE(2, 3, 8);
    std::uint64_t least = ~std::uint64_t{0};
    std::uint64_t most = 0;
    for (const Range& range : split_pfns(kept, 1 << 20, parts, block)) {
        least = std::min(least, kept.count(range.begin, range.end));
        most = std::max(most, kept.count(range.begin, range.end));
    }
    INFO(parts << " parts, blocks of " << block);
    CHECK(most - least <= 2 * block);
}

TEST_CASE("with fewer pages than parts, or none, some parts are empty") {
    const auto ranges = split_pfns(set_of(1000, {{999, 1000}}), 1000, 3, 256);
    CHECK(ranges.front().begin == 0);
    CHECK(ranges.back().end == 1000);
    CHECK(split_pfns(PageSet(0), 0, 2, 256) == std::vector<Range>{{0, 0}, {0, 0}});
}
