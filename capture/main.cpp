// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/action.h"
#include "capture/crash_guard.h"
#include "capture/linux_system.h"
#include "capture/stages.h"
#include "capture/watchdog.h"

#include <string_view>

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace kdumpkit;

namespace {

constexpr std::string_view usage =
    "Usage: kdump-capture --dry-run FROZEN   check a frozen settings file and print the stages\n"
    "       kdump-capture --help | --version\n"
    "\n"
    "As PID 1 of a capture kernel it saves the crashed kernel's memory and reboots. `kdumpkit build` puts "
    "it\n"
    "into the capture initramfs as /init; there it takes no options.\n"
    "Exit codes: 0 success, 1 system error, 2 wrong use or a damaged FROZEN, 3 no FROZEN.\n";

// PID 1 has nothing to return to.
[[noreturn]] void be_init() {
    ::umask(077); // what the collector makes holds secrets as well
    capture::guard_against_own_crash();
    capture::Watchdog watchdog(capture::Watchdog::patience, capture::reboot_unresponsive);
    capture::LinuxSystem system([&] { watchdog.alive(); });
    const capture::LifeEnd end = capture::live(system, capture::Places{});
    for (;;) {
        capture::CaptureLog log(system);
        capture::perform(system, log, end.action);
        // Whatever was wanted, a machine that stands still helps nobody.
        if (end.action != FinalAction::reboot)
            capture::perform(system, log, FinalAction::reboot);
        system.sleep(std::chrono::seconds(60));
    }
}

int dry_run(const std::string& path) {
    const auto rehearsed = capture::rehearse(path);
    if (!rehearsed) {
        fmt::print(stderr, "kdump-capture: {}\n", rehearsed.error().message());
        return exit_code(rehearsed.error());
    }
    for (const std::string& line : *rehearsed)
        fmt::print("{}\n", line);
    return exit_codes::success;
}

} // namespace

int main(int argc, char** argv) {
    // The kernel hands words of its command line that it does not know to init: they are not for us.
    if (::getpid() == 1)
        be_init();
    const std::string_view option = argc > 1 ? argv[1] : "";
    if (argc == 2 && (option == "--help" || option == "-h")) {
        fmt::print("{}", usage);
        return exit_codes::success;
    }
    if (argc == 2 && option == "--version") {
        fmt::print("kdump-capture {}\n", KDUMPKIT_VERSION);
        return exit_codes::success;
    }
    if (argc == 3 && option == "--dry-run")
        return dry_run(argv[2]);
    if (argc == 1)
        fmt::print(stderr, "kdump-capture: this is not PID 1 of a capture kernel, nothing was done\n"
                           "  next: Run `kdumpkit build` and `kdumpkit load` instead; see --help.\n");
    else
        fmt::print(stderr, "kdump-capture: wrong use\n{}", usage);
    return exit_codes::invalid;
}
