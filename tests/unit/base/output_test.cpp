// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/file.h"
#include "base/output.h"

#include <cstdlib>

#include <catch2/catch.hpp>
#include <fcntl.h>
#include <unistd.h>

using namespace kdumpkit;

TEST_CASE("a result that standard output does not take is an error of the destination") {
    const Fd full = open_file("/dev/full", O_WRONLY).value();
    const Fd saved(::dup(STDOUT_FILENO));
    REQUIRE(::dup2(full.get(), STDOUT_FILENO) == STDOUT_FILENO);
    const auto result = print_result("text\n", "the work is done");
    ::dup2(saved.get(), STDOUT_FILENO);
    REQUIRE_FALSE(result);
    CHECK(exit_code(result.error()) == exit_codes::destination);
    CHECK(result.error().object == "standard output");
    CHECK(result.error().reason == "the work is done");
    CHECK_FALSE(result.error().next_step.empty());
}

TEST_CASE("colours are for a terminal that has them, and for those who want them") {
    const Fd terminal(::posix_openpt(O_RDWR | O_NOCTTY));
    REQUIRE(terminal.valid());
    ::unsetenv("NO_COLOR");
    ::setenv("TERM", "xterm", 1);
    CHECK(takes_colours(terminal.get()));
    ::setenv("TERM", "dumb", 1);
    CHECK_FALSE(takes_colours(terminal.get()));
    ::setenv("TERM", "xterm", 1);
    ::setenv("NO_COLOR", "1", 1);
    CHECK_FALSE(takes_colours(terminal.get()));
    ::setenv("NO_COLOR", "", 1); // as if it were not there
    CHECK(takes_colours(terminal.get()));
    ::unsetenv("NO_COLOR");
    const auto nowhere = open_file("/dev/null", O_RDWR);
    CHECK_FALSE(takes_colours(nowhere->get()));
}
