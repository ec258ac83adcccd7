// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/spelling.h"

#include <catch2/catch.hpp>

using namespace kdumpkit;

TEST_CASE("the distance of two words is the letters to change") {
    CHECK(edit_distance("", "") == 0);
    CHECK(edit_distance("", "abc") == 3);
    CHECK(edit_distance("abc", "") == 3);
    CHECK(edit_distance("level", "level") == 0);
    CHECK(edit_distance("levle", "level") == 2);
    CHECK(edit_distance("kitten", "sitting") == 3);
    CHECK(edit_distance("virtio_blk", "virtio_bkl") == 2);
}

TEST_CASE("the nearest word is one that could have been meant") {
    CHECK(nearest("bild", {"load", "build", "status"}) == "build");
    CHECK(nearest("stauts", {"load", "build", "status"}) == "status");
    CHECK(nearest("frobnicate", {"load", "build", "status"}).empty());
    CHECK(nearest("x", {}).empty());
}
