// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/error.h"
#include "base/interrupt.h"
#include "base/standard_streams.h"
#include "makedumpfile-lite/program.h"

#include <csignal>
#include <cstdio>
#include <exception>
#include <new>

int main(int argc, char** argv) {
    // A limit on file sizes, and a reader that went away, are errors to report and not deaths.
    std::signal(SIGXFSZ, SIG_IGN);
    std::signal(SIGPIPE, SIG_IGN);
    kdumpkit::hold_standard_streams();
    try {
        kdumpkit::watch_interrupts();
        const int code = kdumpkit::dump::run_program({argv + 1, argv + argc});
        if (code != kdumpkit::exit_codes::success)
            kdumpkit::die_of_interrupt();
        return code;
    } catch (const std::bad_alloc&) {
        std::fputs("makedumpfile-lite: error: out of memory\n  next: use fewer --workers\n", stderr);
    } catch (const std::exception& problem) {
        std::fprintf(stderr, "makedumpfile-lite: error: %s\n  next: copy the vmcore as it is\n",
                     problem.what());
    }
    return kdumpkit::exit_codes::system;
}
