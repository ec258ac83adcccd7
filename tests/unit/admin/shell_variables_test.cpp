// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/shell_variables.h"
#include "base/file.h"
#include "base/process.h"

#include <filesystem>
#include <random>
#include <vector>

#include <catch2/catch.hpp>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

using namespace kdumpkit;
using namespace kdumpkit::admin;
namespace fs = std::filesystem;

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
             {"A=1\nA=\"$A 2\"\n", "1 2"},
             {"A=1 A=$A$A\n", "11"},
             {"A=1\nexport A=2 B=$A\nA=$B\n", "1"},
             {"A=1; export A\n", "1"},
             {"! A=1\n", "1"},
             {"x & A=1\n", "1"},
             {"A=1 && x | y\n", "1"},
             {"x &&\n# y\n\nx; A=1\n", "1"},
             {"B=\"$(sed 's, x .*$,),g' /etc/x \"${y}\" \"$(z \")\")\")\"\nA=1\n", "1"},
             {"B=`( . /etc/os-release; echo ${NAME:-x} ) 2>/dev/null || echo y`\nA=1\n", "1"},
             {"f() {\nB=2\n}\nif [ \"$B\" = fi ]; then echo fi; fi\nA=1\n", "1"},
             {"A=\"x\ny\"\nB=1\n", "x\ny"},
             {"A=\"x \\\n  y\"\n", "x   y"},
             {"A=\"\\$B \\\" \\x\"\n", "$B \" \\x"},
             {"A=x\\ y\n", "x y"},
             {"export A=x\n", "x"},
             {"  A=1\n\tB=2 C=3\n", "1"},
             {"# A=2\nA=1#\n", "1#"},
             {"C=3 B=2\nA=$C", "3"},
             {"", ""},
             {"A=\\", "\\"},
             {"A=$", "", false},
             // What is not followed.
             {"A=1\nA+=2\n", "12", false}, // bash; for dash a command
             {"A=1\nexport \"A=2\"\n", "1", false},
             {"A=1\nexport \"$B=2\"\n", "1", false},
             {"export \"A=2\"\n", "", false},
             {"A=1 | cat\n", "1", false},
             {"x | A=1\n", "1", false},
             {"A=1 &\n", "1", false},
             {"A=1 >/x\n", "1", false},
             {"> A=1\n", ""},
             {"x &&\n\nA=1\n", "1", false},
             {"case x in\nx) A=1;;\nesac\n", "1", false},
             {"(A=1)\n", "1", false},
             {"f() { A=1\n}\n", "1", false},
             {"f()\nA=1\n", "1", false},
             {"A+=x A=1\n", "1", false},
             {"A=1 ! x\n", "1", false},
             {"read A\n", "", false},
             {"for A in x; do :; done\n", "", false},
             {": ${A:=x}\n", "", false},
             {"return\nA=1\n", "1", false},
             {"A=1\n\\eval A=2\n", "2", false},
             {"A=1\n$B\n", "1", false},
             {"A=1\nif x; then echo fi; A=2; fi\n", "2", false},
             {"A=~\n", "~", false},
             {"A=1\nB=$(case x in x) A=2;; esac)\n", "2", false},
             {"A='x", "x", false}, // the shell refuses the file
             {"A=\"x", "x", false},
             {"A=1\nif\n", "1", false},
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

TEST_CASE("of random text a shell makes what is said to be sure") {
    const std::vector<std::string> parts{
        "A=1",        "A=2",       "B=3",         "A=$B",       "A=\"$A x\"", "B=${A}y", "A='a b'",
        "A=x\\ y",    "A+=4",      "export ",     "unset A",    "\"A=5\"",    "A=",      "A",
        "\"",         "'",         "\\",          "$A",         "${A}",       "${A:-z}", "${B:=q}",
        "$(",         ")",         "`",           "(",          "{ ",         "; }",     "if true",
        "\nthen ",    "\nelse ",   "\nfi\n",      "case x in ", "x) ",        ";;",      "\nesac\n",
        "for A in u", "\ndo ",     "\ndone\n",    "&& ",        "|| ",        "| ",      "& ",
        "; ",         "\n",        "\n",          " ",          "#",          "true",    "false",
        "! ",         ": ",        "eval ",       "f() ",       "\nf\n",      ">&2 ",    "</dev/null ",
        "echo ",      "readonly ", "A=$(echo 6)", "A=~",        "$",          "$((1))",  "return",
        "read A",     "command ",  "\\\n",        "case ",      "x",          "=",       "<<E\n",
        "\nE\n",      "A=\"7"};
    const std::string folder = fs::temp_directory_path() / fmt::format("kdumpkit-shell-{}", ::getpid());
    fs::create_directories(folder);
    std::minstd_rand random(3);
    std::vector<std::string> texts;
    std::vector<ShellVariable> read;
    for (int i = 0; i < 1500; ++i) {
        std::string text = "A=0\n";
        for (std::size_t j = random() % 9 + 1; j > 0; --j)
            text += parts[random() % parts.size()];
        REQUIRE(write_file_atomically(fmt::format("{}/f{}", folder, i), text));
        ShellVariables variables;
        variables.read("f", text);
        read.push_back(variables.get("A"));
        texts.push_back(text);
    }
    const auto nowhere = open_file("/dev/null", O_RDWR).value();
    Spawn shell;
    shell.argv = {"/bin/sh", "-c",
                  fmt::format("cd {}; i=0; while [ $i != {} ]; do (. ./f$i; printf %s \"$A\" >v$i); "
                              "i=$((i+1)); done",
                              folder, texts.size())};
    shell.standard_input = shell.standard_output = shell.standard_error = nowhere.get();
    REQUIRE(spawn(shell).value().wait(std::chrono::seconds(120))->success());
    std::size_t sure = 0, ran = 0;
    for (std::size_t i = 0; i < texts.size(); ++i) {
        const auto made = read_text(fmt::format("{}/v{}", folder, i));
        ran += made ? 1 : 0; // else the shell refused it, and grub-mkconfig would have failed
        if (!made || !read[i].doubt.empty())
            continue;
        ++sure;
        CAPTURE(texts[i]);
        CHECK(read[i].value == *made);
    }
    CHECK(ran > texts.size() / 5);
    CHECK(sure > ran / 10);
    fs::remove_all(folder);
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
