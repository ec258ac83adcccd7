// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/advice.h"

#include <cerrno>

#include <catch2/catch.hpp>

using namespace kdumpkit;

TEST_CASE("every error has a next step, whatever it is") {
    for (const auto side : {ErrorSide::neither, ErrorSide::source, ErrorSide::destination})
        for (const auto kind : {ErrorKind::system, ErrorKind::absent, ErrorKind::corrupt,
                                ErrorKind::unsupported, ErrorKind::invalid})
            for (int number = 0; number < 140; ++number) {
                Error error = make_error(kind, "do", "it").from(side);
                error.errno_value = number;
                CHECK_FALSE(dump::next_step_for(error).empty());
            }
}

TEST_CASE("the next step fits the reason") {
    const auto at_destination = [](int number) {
        return dump::next_step_for(system_error("write", "x", number).from(ErrorSide::destination));
    };
    CHECK(at_destination(ENOSPC).find("room") != std::string::npos);
    CHECK(at_destination(ENOSPC).find("-d 31") != std::string::npos);
    CHECK(dump::next_step_for(system_error("write", "x", ENOSPC).from(ErrorSide::destination), false)
              .find("-d 31") == std::string::npos);
    CHECK(at_destination(ENOENT).find("folder") != std::string::npos);
    CHECK(at_destination(EISDIR).find("inside") != std::string::npos);
    CHECK(dump::next_step_for(system_error("open", "x", EACCES)).find("root") != std::string::npos);
    CHECK(dump::next_step_for(system_error("open", "x", ENOENT)).find("/proc/vmcore") != std::string::npos);
}
