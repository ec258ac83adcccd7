// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/file.h"
#include "base/output.h"

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
