// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/interrupt.h"

#include <csignal>
#include <initializer_list>

namespace kdumpkit {
namespace {

// The only way in which a handler may speak to the rest of the program.
volatile std::sig_atomic_t signal_that_came = 0;

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

void die_of_interrupt() {
    if (interrupted() == 0)
        return;
    (void)std::signal(interrupted(), SIG_DFL);
    (void)std::raise(interrupted());
}

} // namespace kdumpkit
