// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/printable.h"

#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

using namespace kdumpkit;

TEST_CASE("foreign text does not drive the terminal") {
    using namespace std::string_literals;
    for (const auto& [text, shown] : std::vector<std::pair<std::string, std::string>>{
             {"Kernel panic - not syncing: x", "Kernel panic - not syncing: x"},
             {"\x1b[2J\x1b]0;title\x07", "\\x1b[2J\\x1b]0;title\\x07"},
             {"a\nnext: rm\r\tb\x7f", "a\\x0anext: rm\\x0d\\x09b\\x7f"},
             {"a\0b"s, "a\\x00b"},
             {"grün … 猫 🐈", "grün … 猫 🐈"},
             {"\xc2\x9b"
              "31m",
              "\\xc2\\x9b31m"}, // the C1 form of ESC [
             {"\xc2\xa0", "\xc2\xa0"},
             {"\xe2\x80\xae", "\\xe2\\x80\\xae"}, // turns the direction of the line around
             {"\xff\xfe", "\\xff\\xfe"},
             {"\xc3", "\\xc3"},                            // cut off
             {"\xc0\xaf", "\\xc0\\xaf"},                   // overlong
             {"\xe0\x80\x8a", "\\xe0\\x80\\x8a"},          // overlong line break
             {"\xed\xa0\x80", "\\xed\\xa0\\x80"},          // a surrogate
             {"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"}, // above U+10FFFF
             {"\xf0\x9f\x90", "\\xf0\\x9f\\x90"},
         }) {
        CAPTURE(shown);
        CHECK(printable(text) == shown);
    }
    CHECK(is_utf8("grün 🐈\x1b"));
    CHECK_FALSE(is_utf8("a\xff"));
    CHECK(printable_lines("a\n\tb\x1b\r") == "a\n\tb\\x1b\\x0d");
}
