// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/interrupt.h"

#include <csignal>
#include <string_view>

namespace kdumpkit::dump {

namespace {

// The only way in which a handler may speak to the rest of the program.
volatile std::sig_atomic_t signal_that_came = 0;

constexpr std::string_view interruption_mark = "interrupted: ";

void remember(int number) {
    signal_that_came = number;
}

} // namespace

void watch_interrupts() {
    for (const int number : {SIGTERM, SIGINT, SIGHUP}) {
        struct sigaction before {};
        if (::sigaction(number, nullptr, &before) != 0 || before.sa_handler == SIG_IGN)
            continue;
        struct sigaction action {};
        action.sa_handler = remember;
        action.sa_flags = SA_RESTART | static_cast<int>(SA_RESETHAND);
        (void)::sigaction(number, &action, nullptr);
    }
}

int interrupted() {
    return signal_that_came;
}

Error interruption(const std::string& object, const std::string& state) {
    return make_error(ErrorKind::system, "finish", object, std::string(interruption_mark) + state)
        .then("run it again; -f replaces what is there");
}

bool is_interruption(const Error& error) {
    return error.reason.starts_with(interruption_mark);
}

Result<> stop_if_interrupted(const std::string& object) {
    return interrupted() == 0 ? Result<>() : fail(interruption(object, "nothing was saved"));
}

void die_of_interrupt() {
    if (interrupted() == 0)
        return;
    (void)std::signal(interrupted(), SIG_DFL);
    (void)std::raise(interrupted());
}

} // namespace kdumpkit::dump
