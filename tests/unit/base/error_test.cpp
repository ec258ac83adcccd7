// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/error.h"

#include <cerrno>

#include <catch2/catch.hpp>

using namespace kdumpkit;

TEST_CASE("an error says operation, object, place, reason and next step") {
    const Error error = make_error(ErrorKind::corrupt, "read", "/proc/vmcore", "it ends 5 bytes early")
                            .at(0x1000)
                            .then("use the part before it");
    CHECK(error.message() == "cannot read /proc/vmcore at offset 0x1000: it ends 5 bytes early\n"
                             "  next: use the part before it");
    CHECK(system_error("open", "/x", ENOENT).message() == "cannot open /x: No such file or directory");
}

TEST_CASE("every kind of error has the exit code that is documented") {
    CHECK(exit_code(make_error(ErrorKind::system, "", "")) == 1);
    CHECK(exit_code(make_error(ErrorKind::invalid, "", "")) == 2);
    CHECK(exit_code(make_error(ErrorKind::absent, "", "")) == 3);
    CHECK(exit_code(make_error(ErrorKind::corrupt, "", "")) == 4);
    CHECK(exit_code(make_error(ErrorKind::unsupported, "", "")) == 5);
    CHECK(exit_code(system_error("open", "/x", ENOENT)) == 3);
    CHECK(exit_code(system_error("write", "/x", ENOSPC).from(ErrorSide::destination)) == 6);
    CHECK(exit_code(system_error("read", "/x", EIO).from(ErrorSide::source)) == 1);
}

TEST_CASE("the macros return the error of what failed and go on otherwise") {
    const auto half = [](int number) -> Result<int> {
        if (number % 2 != 0)
            return fail(ErrorKind::invalid, "halve", "an odd number");
        return number / 2;
    };
    const auto quarter = [&](int number) -> Result<int> {
        KDK_TRY(half(number));
        KDK_ASSIGN(const int once, half(number));
        KDK_ASSIGN(const int twice, half(once));
        return twice;
    };
    CHECK(quarter(8).value() == 2);
    CHECK(quarter(6).error().operation == "halve");
    CHECK(quarter(5).error().object == "an odd number");
}
