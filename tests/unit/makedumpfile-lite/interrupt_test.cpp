// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/interrupt.h"
#include "makedumpfile-lite/interrupt.h"

#include <csignal>

#include <catch2/catch.hpp>
#include <sys/wait.h>
#include <unistd.h>

using namespace kdumpkit;

TEST_CASE("a signal is remembered, stops the loop, and ends the process in the end") {
    const int number = GENERATE(SIGTERM, SIGINT, SIGHUP);
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        (void)std::signal(number, SIG_DFL);
        watch_interrupts();
        if (!dump::stop_if_interrupted("dump"))
            ::_exit(1);
        (void)std::raise(number);
        const auto stopped = dump::stop_if_interrupted("dump");
        if (stopped || !dump::is_interruption(stopped.error()))
            ::_exit(2);
        die_of_interrupt();
        ::_exit(3);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(WIFSIGNALED(status));
    CHECK(WTERMSIG(status) == number);
}
