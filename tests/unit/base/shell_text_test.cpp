// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/shell_text.h"

#include <vector>

#include <catch2/catch.hpp>

using namespace kdumpkit;

TEST_CASE("a word of a shell, without its quotes, up to what ends it") {
    struct Row {
        std::string text, value, rest;
        bool closed = true;
    };
    for (const Row& row : std::vector<Row>{
             {"a b", "a", " b"},
             {"a'b \"$c'\"d 'e\"f;", "ab \"$cd 'ef", ";"},
             {"\"\\$a \\\" \\x\"\n", "$a \" \\x", "\n"},
             {"a\\ \\'b\\\nc|", "a 'bc", "|"},
             {"$a\"`$\"'$'", "<$>a<`><$>$", ""},
             {"'a b", "a b", "", false},
             {"\"a\nb", "a\nb", "", false},
             {"a\\", "a\\", ""},
             {";", "", ";"},
         }) {
        CAPTURE(row.text);
        ShellText text(row.text);
        const ShellWord word = take_word(
            text, [](ShellText& at, std::string& value) { value += std::string("<") + at.take() + ">"; });
        CHECK(word.value == row.value);
        CHECK(word.closed == row.closed);
        std::string rest;
        while (!text.at_end())
            rest += text.take();
        CHECK(rest == row.rest);
    }
}

TEST_CASE("a place in a shell's text knows its line, and its copy looks ahead") {
    ShellText text(" \\\n\tA_1=x\n2b");
    text.skip_blanks();
    CHECK(text.line() == 2);
    ShellText ahead = text;
    CHECK(ahead.take_name() == "A_1");
    CHECK(ahead.skip("=x\n"));
    CHECK(ahead.line() == 3);
    CHECK(ahead.take_name().empty());
    CHECK_FALSE(text.skip("B"));
    text.skip_line();
    CHECK(text.is_at("\n"));
    CHECK(text.take() == '\n');
    CHECK(text.peek() == '2');
}
