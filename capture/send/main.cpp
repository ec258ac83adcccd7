// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/error.h"
#include "base/interrupt.h"
#include "base/standard_streams.h"
#include "capture/send/program.h"

#include <csignal>
#include <cstdio>
#include <exception>

#include <curl/curl.h>

int main(int argc, char** argv) {
    // A server that goes away is an error to report and not a death.
    std::signal(SIGPIPE, SIG_IGN);
    kdumpkit::hold_standard_streams(); // libcurl keeps descriptors open
    try {
        kdumpkit::watch_interrupts();
        if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
            std::fputs("kdump-send: error: libcurl does not start\n", stderr);
            return kdumpkit::exit_codes::system;
        }
        const int code = kdumpkit::send::run_program({argv + 1, argv + argc});
        curl_global_cleanup();
        if (code != kdumpkit::exit_codes::success)
            kdumpkit::die_of_interrupt();
        return code;
    } catch (const std::exception& problem) {
        std::fprintf(stderr, "kdump-send: error: %s\n  next: use a smaller --buffer\n", problem.what());
    }
    return kdumpkit::exit_codes::system;
}
