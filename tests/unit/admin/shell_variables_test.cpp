// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/shell_variables.h"

#include <vector>

#include <catch2/catch.hpp>

using namespace kdumpkit::admin;

TEST_CASE("variables as a shell has them after reading assignments") {
    struct Row {
        std::string text, value;
        bool sure = true;
    };
    for (const Row& row : std::vector<Row>{
             {"A=x\n", "x"},
             {"A=x # c\nB=y", "x"},
             {"A='x $y'\"z\"w\n", "x $yzw"},
             {"B=1; A=\"$B ${B}2\"", "1 12"},
             {"A=1\nA=\"$A 2\"\nA+=3\n", "1 23"},
             {"A=\"x\ny\"\nB=1\n", "x\ny"},
             {"A=\"x \\\n  y\"\n", "x   y"},
             {"A=\"\\$B \\\" \\x\"\n", "$B \" \\x"},
             {"A=x\\ y\n", "x y"},
             {"export A=x\n", "x"},
             {"  A=1\n\tB=2 C=3\n", "1"},
             {"# A=2\nA=1#\n", "1#"},
             {"C=3 B=2\nA=$C", "3"},
             {"", ""},
             {"A='x", "x"},
             {"A=\"x", "x"},
             {"A=\\", "\\"},
             {"A=$", "", false},
             // What is not followed.
             {"A=1\nA=\"$(cat x; echo \")\")\"\n", "", false},
             {"A=`x y`\n", "", false},
             {"A=${B:-x}\n", "", false},
             {"A=1\nif [ -e x ]; then\nA=2\nfi\n", "2", false},
             {"A=1\nif x; then B=1; fi\nA=3\n", "3"},
             {"A=1\n[ -e x ] && A=2\n", "2", false},
             {"A=1\n. /etc/other\n", "1", false},
             {"A=1\nunset A\n", "1", false},
             {"A=1 true\n", "1", false},
             {"case x in\nx) A=1;;\nesac\nA=2\n", "2"},
         }) {
        CAPTURE(row.text);
        ShellVariables variables;
        variables.read("/f", row.text);
        const ShellVariable a = variables.get("A");
        CHECK(a.doubt == (row.sure ? "" : "/f"));
        CHECK(a.value == row.value);
    }
}

TEST_CASE("a value that doubles with each line stays small") {
    std::string text = "A=xxxxxxxx\n";
    for (int i = 0; i < 100; ++i)
        text += "A=\"$A$A\"\n";
    ShellVariables variables;
    variables.read("/f", text);
    CHECK(variables.get("A").value.size() <= 64 << 10);
    CHECK(variables.get("A").doubt == "/f");
}
