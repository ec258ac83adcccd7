// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/percent.h"

#include <catch2/catch.hpp>

using namespace kdumpkit;

TEST_CASE("escapes are read and written") {
    CHECK(percent_decoded("a%20b%2Fc%c3%bc") == "a b/c\xc3\xbc");
    CHECK(percent_decoded("") == "");
    for (const char* bad : {"%", "%2", "%g0", "%0g", "a%00", "%0A", "a\nb", "\x7f"})
        CHECK_FALSE(percent_decoded(bad));
    CHECK(percent_encoded("aZ0-._~ /?%\xc3") == "aZ0-._~%20%2F%3F%25%C3");
    CHECK(percent_encoded("/a=b", "/=") == "/a=b");
}
