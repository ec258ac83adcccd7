// SPDX-License-Identifier: GPL-2.0-or-later
#include "fixtures.h"
#include "loader/kcore.h"

#include <catch2/catch.hpp>

using namespace kdumpkit;
using namespace kdumpkit::loader;

TEST_CASE("the mapping is read from kcore, KASLR and levels included") {
    const auto mapping = parse_kcore(fixtures::kcore(fixtures::usual_kcore()));
    REQUIRE(mapping);
    CHECK(mapping->page_offset == fixtures::page_offset);
    CHECK(mapping->text_virtual ==
          Range{fixtures::text_virtual, fixtures::text_virtual + fixtures::text_size});
    CHECK(mapping->text_memory() ==
          Range{fixtures::text_physical, fixtures::text_physical + fixtures::text_size});
    // Four levels without KASLR.
    const auto plain = parse_kcore(fixtures::kcore(
        {{0xffffffff81000000, 0x1000000, 0x2000000}, {0xffff888000100000, 0x100000, 0x1000000}}));
    CHECK(plain->page_offset == 0xffff888000000000);
}

TEST_CASE("a kcore that is missing, incomplete or contradicts itself is refused") {
    CHECK(parse_kcore({}).error().kind == ErrorKind::absent);
    auto loads = fixtures::usual_kcore();
    loads.erase(loads.begin());
    CHECK(parse_kcore(fixtures::kcore(loads)).error().kind == ErrorKind::absent); // no kernel image
    CHECK(parse_kcore(fixtures::kcore({fixtures::usual_kcore()[0]})).error().kind == ErrorKind::absent);
    loads = fixtures::usual_kcore();
    loads.back().virtual_address += 0x1000;
    CHECK(parse_kcore(fixtures::kcore(loads)).error().kind == ErrorKind::corrupt);
    loads = fixtures::usual_kcore();
    loads.back().size = ~0ULL;
    CHECK(parse_kcore(fixtures::kcore(loads)).error().kind == ErrorKind::corrupt);
    auto cut = fixtures::kcore(fixtures::usual_kcore());
    cut.resize(cut.size() - 1);
    CHECK(parse_kcore(cut).error().kind == ErrorKind::corrupt);
    cut.resize(10);
    CHECK(parse_kcore(cut).error().kind == ErrorKind::corrupt);
}
