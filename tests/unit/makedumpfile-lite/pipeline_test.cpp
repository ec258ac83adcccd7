// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/pipeline.h"
#include "tests/unit/makedumpfile-lite/decompress.h"
#include "tests/unit/makedumpfile-lite/fake_image.h"

#include <catch2/catch.hpp>

using namespace kdumpkit;
using namespace kdumpkit::dump;
using test::FakeImage;

namespace {

PageSet scattered(std::uint64_t limit) {
    PageSet kept(limit);
    kept.insert(3, 700);
    for (std::uint64_t pfn = 710; pfn < limit; pfn += 1 + pfn % 4)
        kept.insert(pfn, pfn + 1);
    return kept;
}

struct Output {
    std::vector<std::byte> data;
    std::vector<std::pair<std::uint32_t, std::uint32_t>> pages;
    friend bool operator==(const Output&, const Output&) = default;
};

Output run(const PageSet& kept, const char* compression, unsigned workers, bool share_zero) {
    const FakeImage image(RangeSet{{0, 1U << 30}});
    Output output;
    const auto counts =
        run_pipeline(image, kept, {workers, *parse_compression(compression), 4096, share_zero},
                     [&](const PageBlock& block) -> Result<> {
                         const Bytes stored = block.stored();
                         output.data.insert(output.data.end(), stored.begin(), stored.end());
                         for (const auto& page : block.pages)
                             output.pages.emplace_back(page.size, page.flags);
                         return {};
                     });
    REQUIRE(counts);
    CHECK(counts->pages == kept.count());
    CHECK(counts->stored_bytes == output.data.size());
    return output;
}

} // namespace

TEST_CASE("pages come in order, whole, whatever the codec") {
    const auto* name = GENERATE("none", "zstd", "lzo", "snappy", "zlib");
    const bool share_zero = GENERATE(false, true);
    INFO(name);
    const PageSet kept = scattered(1500);
    const Output output = run(kept, name, 2, share_zero);
    REQUIRE(output.pages.size() == kept.count());
    std::size_t at = 0;
    std::size_t index = 0;
    for (auto pfn = kept.next(0); pfn; pfn = kept.next(*pfn + 1)) {
        INFO(*pfn);
        const auto [size, flags] = output.pages[index++];
        if (share_zero && FakeImage::is_zero(*pfn)) {
            CHECK(size == 0);
            continue;
        }
        const auto page = test::decompress(flags, Bytes(output.data).subspan(at, size), 4096);
        if (page != FakeImage::page(*pfn))
            FAIL("wrong contents");
        at += size;
    }
    CHECK(at == output.data.size());
}

TEST_CASE("the number of workers does not show in the output") {
    const auto* name = GENERATE("none", "zstd", "lzo", "snappy", "zlib");
    const PageSet kept = scattered(2000);
    const Output one = run(kept, name, 1, true);
    CHECK(run(kept, name, 2, true) == one);
    CHECK(run(kept, name, 4, true) == one);
    CHECK(run(kept, name, 9, true) == one);
}

TEST_CASE("nothing kept gives nothing") {
    CHECK(run(PageSet(1000), "zstd", 3, true).pages.empty());
}

TEST_CASE("an unreadable page ends the run, and everything before its block arrived") {
    FakeImage image(RangeSet{{0, 1U << 30}});
    image.unreadable = 1000;
    PageSet kept(5000);
    kept.insert(0, 5000);
    const unsigned workers = GENERATE(1U, 2U, 4U);
    std::uint64_t seen = 0;
    const auto result = run_pipeline(image, kept, {workers, *parse_compression("lzo"), 4096, false},
                                     [&](const PageBlock& block) -> Result<> {
                                         seen += block.pages.size();
                                         return {};
                                     });
    REQUIRE_FALSE(result);
    CHECK(result.error().side == ErrorSide::source);
    CHECK(result.error().kind == ErrorKind::corrupt);
    CHECK(seen == 1000 / 64 * 64);
}

TEST_CASE("a sink that fails ends the run with its error") {
    const FakeImage image(RangeSet{{0, 1U << 30}});
    PageSet kept(5000);
    kept.insert(0, 5000);
    const unsigned workers = GENERATE(1U, 2U, 4U);
    int calls = 0;
    const auto result = run_pipeline(
        image, kept, {workers, *parse_compression("zstd"), 4096, false}, [&](const PageBlock&) -> Result<> {
            if (++calls == 3)
                return fail(system_error("write", "out", 28).from(ErrorSide::destination));
            return {};
        });
    REQUIRE_FALSE(result);
    CHECK(result.error().side == ErrorSide::destination);
    CHECK(calls == 3);
}

TEST_CASE("the memory budget grows with the workers and knows the codec") {
    const auto budget = [](unsigned workers, const char* name) {
        return *pipeline_memory({workers, *parse_compression(name), 4096, true});
    };
    CHECK(budget(1, "none") >= 64 * 4096);
    CHECK(budget(2, "none") >= 2 * budget(1, "none"));
    CHECK(budget(2, "zstd") > budget(1, "zstd"));
    CHECK(budget(1, "zstd") > budget(1, "none"));
    CHECK(budget(1, "zstd") < (4U << 20));
}

TEST_CASE("a zero page is zero up to its last byte") {
    std::vector<std::byte> page(4096);
    CHECK(is_zero_page(page));
    for (const std::size_t at : {0, 7, 8, 63, 2048, 4095}) {
        page[at] = std::byte{1};
        CHECK_FALSE(is_zero_page(page));
        page[at] = std::byte{0};
    }
}
