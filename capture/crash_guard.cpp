// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/crash_guard.h"

#include <array>
#include <csignal>
#include <cstring>

#include <fcntl.h>
#include <sys/reboot.h>
#include <unistd.h>

namespace kdumpkit::capture {
namespace {

constexpr std::array fatal_signals{SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGSYS};

// Only what signal-safety(7) allows, and no state: a handler cannot be given any.
extern "C" void reboot_now(int) {
    ::reboot(RB_AUTOBOOT);
    ::_exit(1); // init's death panics the kernel, and panic= reboots it
}

extern "C" void crashed(int signal) {
    constexpr char words[] = "kdump-capture: crashed by a bug of its own (signal NN), rebooting\n";
    char text[sizeof words];
    std::memcpy(text, words, sizeof words);
    char* number = std::strstr(text, "NN");
    number[0] = static_cast<char>('0' + signal / 10 % 10);
    number[1] = static_cast<char>('0' + signal % 10);
    const int console = ::open("/dev/console", O_WRONLY | O_NOCTTY | O_CLOEXEC);
    [[maybe_unused]] const auto said =
        ::write(console >= 0 ? console : STDERR_FILENO, text, sizeof words - 1);
    ::alarm(20); // a disk that hangs would hold up sync for ever
    ::sync();
    reboot_now(0);
}

} // namespace

void guard_against_own_crash() {
    // A stack of its own, for a stack overflow. It lives as long as the process.
    static std::array<std::byte, 64 << 10> stack;
    stack_t alternative{};
    alternative.ss_sp = stack.data();
    alternative.ss_size = stack.size();
    ::sigaltstack(&alternative, nullptr);
    struct sigaction action {};
    action.sa_handler = crashed;
    action.sa_flags = SA_ONSTACK | static_cast<int>(SA_RESETHAND);
    for (const int signal : fatal_signals)
        ::sigaction(signal, &action, nullptr);
    struct sigaction timeout {};
    timeout.sa_handler = reboot_now;
    ::sigaction(SIGALRM, &timeout, nullptr);
    ::signal(SIGPIPE, SIG_IGN);
}

void forget_own_crash() {
    for (const int signal : fatal_signals)
        ::signal(signal, SIG_DFL);
    ::signal(SIGALRM, SIG_DFL);
}

void reboot_unresponsive() {
    constexpr char words[] =
        "kdump-capture: no sign of life for 10 minutes, a disk may hang: rebooting now\n";
    const int console = ::open("/dev/console", O_WRONLY | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
    [[maybe_unused]] const auto said =
        ::write(console >= 0 ? console : STDERR_FILENO, words, sizeof words - 1);
    ::sleep(1); // a serial line takes its time
    // emergency_restart(): reboot(2) would first shut the devices down (Documentation/admin-guide/sysrq.rst).
    const int trigger = ::open("/proc/sysrq-trigger", O_WRONLY | O_CLOEXEC);
    if (trigger >= 0) [[maybe_unused]]
        const auto done = ::write(trigger, "b", 1);
    ::reboot(RB_AUTOBOOT);
}

} // namespace kdumpkit::capture
