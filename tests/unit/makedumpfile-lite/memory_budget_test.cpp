// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/memory_budget.h"

#include <catch2/catch.hpp>

using namespace kdumpkit;
using namespace kdumpkit::dump;

namespace {

constexpr std::uint64_t mib = std::uint64_t{1} << 20;

Selection selection_of(std::uint64_t pages) {
    Selection selection{PageSet(pages), PageSet(pages), {}, {}, {}};
    selection.memory.insert(0, pages);
    for (std::uint64_t pfn = 0; pfn < pages; pfn += 64)
        selection.kept.insert(pfn, pfn + 5);
    return selection;
}

PipelineSettings settings(unsigned workers, const char* compression) {
    PipelineSettings pipeline;
    pipeline.workers = workers;
    pipeline.compression = *parse_compression(compression);
    pipeline.hash_pages = true;
    return pipeline;
}

} // namespace

TEST_CASE("with room enough nothing is given up") {
    auto pipeline = settings(64, "zlib");
    const auto budget = fit_memory(1024 * mib, selection_of(1 << 20), pipeline);
    REQUIRE(budget);
    CHECK(pipeline.workers == 64);
    CHECK(pipeline.hash_pages);
    CHECK(budget->total() == MemoryBudget::program + budget->page_sets + budget->pipeline + budget->writer);
    CHECK(budget->total() <= 1024 * mib);
}

TEST_CASE("workers go first, then what finds duplicates, and the plan stays below the limit") {
    const auto* compression = GENERATE("none", "zstd", "zlib", "lzo", "snappy");
    INFO(compression);
    const Selection selection = selection_of(1 << 20);
    unsigned before = 64;
    for (std::uint64_t limit = 96 * mib; limit > 4 * mib; limit -= mib) {
        auto pipeline = settings(64, compression);
        const auto budget = fit_memory(limit, selection, pipeline);
        if (!budget) {
            CHECK(budget.error().kind == ErrorKind::invalid);
            CHECK_FALSE(budget.error().next_step.empty());
            CHECK(limit < 16 * mib);
            break;
        }
        CHECK(budget->total() <= limit);
        CHECK(pipeline.workers <= before);
        CHECK((pipeline.hash_pages || pipeline.workers == 1));
        before = pipeline.workers;
        // Whoever asks for one worker gets the same dump.
        auto alone = settings(1, compression);
        REQUIRE(fit_memory(limit, selection, alone));
        CHECK(alone.hash_pages == pipeline.hash_pages);
    }
    CHECK(before == 1);
}

TEST_CASE("a stream's frames shrink where one worker has no room for larger ones") {
    const Selection selection = selection_of(1 << 20);
    auto wide = settings(8, "zstd:3");
    wide.hash_pages = false;
    wide.frame_pages = 256;
    auto narrow = wide;
    REQUIRE(fit_memory(256 * mib, selection, wide));
    CHECK(wide.frame_pages == 256);
    CHECK(wide.workers == 8);
    auto smallest = wide;
    smallest.workers = 1;
    smallest.frame_pages = 32;
    const std::uint64_t least = MemoryBudget::program + *pipeline_memory(smallest);
    const auto budget = fit_memory(least + 2 * mib, selection, narrow);
    REQUIRE(budget);
    CHECK(narrow.workers == 1);
    CHECK(narrow.frame_pages < 256);
    CHECK(budget->total() <= least + 2 * mib);
    CHECK_FALSE(fit_memory(least - mib, selection, narrow));
}
