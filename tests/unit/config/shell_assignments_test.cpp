// SPDX-License-Identifier: GPL-2.0-or-later
#include "config/shell_assignments.h"

#include <catch2/catch.hpp>

using namespace kdumpkit;
using Catch::Matchers::Contains;

TEST_CASE("a shell's assignments are read as the shell reads them") {
    struct Row {
        const char* text;
        const char* value;
        const char* trouble;
    };
    for (const Row& row : std::vector<Row>{
             {"K=a", "a", ""},
             {"  export K=a # why", "a", ""},
             {"K=\"a \\\"b\\\" c\" # d", "a \"b\" c", ""},
             {"K='a \"b\" $c'", "a \"b\" $c", ""},
             {"K=\"a\"'b'c", "abc", ""},
             {"K=\"a\\nb\"", "a\\nb", ""},
             {"K=a\\ b", "a b", ""},
             {"K=a#b", "a#b", ""},
             {"K=\"a \\\nb\"", "a b", ""},
             {"K=\"a\nb\"", "a\nb", ""},
             {"K=a\r\n", "a", ""},
             {"K=a; export K", "a", ""},
             {"K=", "", ""},
             {"K=\"\\$a\"", "$a", ""},
             {"K=\"$a\"", "$a", "computes"},
             {"K=`a`", "`a`", "computes"},
             {"K+=a", "a", "computes"},
             {"K=a b", "a", "quotes are missing"},
             {"K=\"a", "a", "no end"},
         }) {
        CAPTURE(row.text);
        const auto found = shell_assignments(row.text);
        REQUIRE(found.size() == 1);
        CHECK(found[0].name == "K");
        CHECK(found[0].value == row.value);
        CHECK_THAT(found[0].trouble, Contains(row.trouble));
        CHECK(found[0].trouble.empty() == (*row.trouble == '\0'));
    }
    const auto several = shell_assignments("# x\nif true; then\n\tA='1\n2'\nfi\nB=\"3\nC=4\n");
    REQUIRE(several.size() == 3);
    CHECK(several[0].line == 3);
    CHECK(several[1].line == 6);
    CHECK(several[2].value == "4");
}
