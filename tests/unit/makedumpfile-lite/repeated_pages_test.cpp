// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/repeated_pages.h"

#include <catch2/catch.hpp>

using kdumpkit::Bytes;
using kdumpkit::dump::RepeatedPages;

namespace {

using Page = std::vector<std::byte>;

Page page_of(int fill) {
    return Page(4096, static_cast<std::byte>(fill));
}

// What a packer does with a page; whether it was known.
bool pass(RepeatedPages& pages, const Page& page, std::uint32_t size = 3) {
    const auto known = pages.find(page);
    if (known.page.size != 0) {
        CHECK(known.page.size == size);
        CHECK(known.page.flags == 7);
        CHECK(known.page.hash == 99);
        REQUIRE(known.bytes.size() == size);
        CHECK(known.bytes.front() == page.front());
        return true;
    }
    pages.remember(page, {{size, 7, 99}, Bytes(page).first(size)});
    return false;
}

} // namespace

TEST_CASE("from the third time on a page is known, with what it is stored as") {
    RepeatedPages pages(4096);
    for (const std::uint32_t size : {3U, 4096U}) {
        const Page page = page_of(static_cast<int>(size % 256) + 1);
        CHECK_FALSE(pass(pages, page, size));
        CHECK_FALSE(pass(pages, page_of(200), 5));
        CHECK_FALSE(pass(pages, page, size));
        CHECK(pass(pages, page, size));
        CHECK(pass(pages, page, size));
    }
}

TEST_CASE("a page that is alike but for one byte is another page") {
    RepeatedPages pages(4096);
    const Page page = page_of(1);
    for (int i = 0; i < 3; ++i)
        pass(pages, page);
    for (std::size_t at = 0; at < page.size(); ++at) {
        Page other = page;
        other[at] = std::byte{2};
        if (pages.find(other).page.size != 0)
            FAIL("byte " << at);
    }
    CHECK(pass(pages, page));
}

TEST_CASE("of more than a few, those that were not asked for longest are forgotten") {
    RepeatedPages pages(4096);
    for (int fill = 1; fill <= 8; ++fill)
        for (int i = 0; i < 2; ++i)
            pass(pages, page_of(fill));
    CHECK(pass(pages, page_of(1)));
    for (int i = 0; i < 2; ++i)
        pass(pages, page_of(9));
    CHECK(pass(pages, page_of(1)));
    CHECK(pass(pages, page_of(9)));
    CHECK_FALSE(pass(pages, page_of(2)));
}
