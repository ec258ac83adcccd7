// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/shell_value.h"

#include <catch2/catch.hpp>

using namespace kdumpkit;
using namespace kdumpkit::admin;
using Catch::Matchers::Contains;

namespace {

std::string edited(std::string_view text) {
    const auto lines = edit_shell_value("/etc/x", text, {"A", "y", "crashkernel=1G"});
    return lines ? text_of(*lines, text) : lines.error().message();
}

} // namespace

TEST_CASE("values of a shell's file") {
    CHECK(shell_value("A='x y'\nA=z # c\n", "A") == "z");
    CHECK(shell_value("A='x y'\n", "A") == "x y");
    CHECK_FALSE(shell_value("#A=x\nAB=x\n", "A"));
}

TEST_CASE("the last value gets the parameter, and everything else of the file stays") {
    CHECK(edited("A=1\nB=2\n  A='x  y' # c\n") == "A=1\nB=2\n  A=\"x y crashkernel=1G\" # c\n");
    CHECK(edited("A=x\n") == "A=\"x crashkernel=1G\"\n");
    CHECK(edited("A=\n") == "A=\"crashkernel=1G\"\n");
    CHECK(edited("A=\"x $y crashkernel=2G\"") == "A=\"x $y crashkernel=1G\"");
    CHECK(edited("B=\\\n") == "B=\\\nA=\"y crashkernel=1G\"\n");
    CHECK(edited("") == "A=\"y crashkernel=1G\"\n");
    CHECK(edited("A=x #c\n") == "A=\"x crashkernel=1G\" #c\n");
    CHECK(edited("A=x#c\n") == "A=\"x#c crashkernel=1G\"\n");
    // What it is set to in another way stays.
    for (const std::string other : {"export A=x\n", "A+=x\n", "{ A=x; }\n", "if true; then A=x; fi\n"})
        CHECK(edited(other) == other + "A=\"$A crashkernel=1G\"\n");
    for (const std::string other : {"# A=x\n", "echo A\n", "AB=1\n", "export BA=1\n"})
        CHECK(edited(other) == other + "A=\"y crashkernel=1G\"\n");
}

TEST_CASE("a value that would not mean the same again is refused with the reason") {
    for (const char* other :
         {"A=\"x \\\"y\\\"\"\n", "A='x \"y\"'\n", "A=\"x \\\ny\"\n", "A=\"x\ny\"\n", "A=x\\ y\n", "A=x;B=1\n",
          "A=~\n", "A=\"x\"#c\n", "A='$x'\n", "A=\"x\" B=1\n", "A=\"x\"'y'\n", "A=x\"y\"\n"}) {
        CAPTURE(other);
        CHECK_THAT(edited(other), Contains("A in /etc/x") && Contains("crashkernel=1G into it by hand"));
    }
    CHECK_THAT(edited("B=1\r\nA=\"x\"\r\n"), Contains("CRLF"));
}
