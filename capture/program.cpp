// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/program.h"

#include "base/file.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <ctime>

#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace kdumpkit::capture {

void LineCutter::feed(std::string_view bytes) {
    for (const char c : bytes) {
        if (c == '\n' || c == '\r') {
            finish();
            continue;
        }
        const auto value = static_cast<unsigned char>(c);
        line_ += (value < 0x20 && c != '\t') || value == 0x7f ? '?' : c;
        if (line_.size() >= line_limit)
            finish();
    }
}

void LineCutter::finish() {
    if (!line_.empty())
        sink_(line_);
    line_.clear();
}

namespace {

// What is in the pipe now, at most what a pipe holds: who writes without end must not hold up the ticks.
// False at its end.
bool drain(int fd, LineCutter& lines) {
    std::array<char, 4096> buffer;
    for (int reads = 0; reads < 16; ++reads) {
        const ssize_t got = ::read(fd, buffer.data(), buffer.size());
        if (got > 0) {
            lines.feed({buffer.data(), static_cast<std::size_t>(got)});
            continue;
        }
        if (got < 0 && errno == EINTR)
            continue;
        return got < 0 && errno == EAGAIN;
    }
    return true;
}

// Seconds, of all its threads.
double cpu_seconds_of(pid_t pid) {
    clockid_t clock{};
    timespec used{};
    if (::clock_getcpuclockid(pid, &clock) != 0 || ::clock_gettime(clock, &used) != 0)
        return 0;
    return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
}

// False when it has not ended in time.
bool ends_within(int pidfd, std::chrono::milliseconds limit) {
    pollfd wanted{pidfd, POLLIN, 0};
    int ready = -1;
    do
        ready = ::poll(&wanted, 1, static_cast<int>(limit.count()));
    while (ready < 0 && errno == EINTR);
    return ready > 0;
}

} // namespace

Result<ExitStatus> run_program(const std::vector<std::string>& argv, const ProgramWatch& watch) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0)
        return fail(system_error("make a pipe for", argv.at(0), errno));
    const Fd reading(ends[0]);
    Fd writing(ends[1]);
    // Only our end: the child's writes must block rather than fail when the pipe is full.
    ::fcntl(reading.get(), F_SETFL, O_NONBLOCK);
    Spawn what;
    what.argv = argv;
    what.standard_output = writing.get();
    what.standard_error = writing.get();
    KDK_ASSIGN(Child child, spawn(what));
    writing = Fd();

    const Fd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, child.pid(), 0)));
    if (!pidfd.valid())
        return fail(system_error("watch", argv[0], errno));
    LineCutter lines([&](std::string_view line) {
        if (watch.line)
            watch.line(line);
    });
    using Clock = std::chrono::steady_clock;
    auto next_tick = Clock::now() + watch.tick_interval;
    bool killed = false;
    std::array<pollfd, 2> wanted{{{pidfd.get(), POLLIN, 0}, {reading.get(), POLLIN, 0}}};
    for (;;) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(next_tick - Clock::now()).count();
        const int ready = ::poll(wanted.data(), wanted.size(), left > 0 ? static_cast<int>(left) : 0);
        if (ready < 0 && errno != EINTR)
            return fail(system_error("watch", argv[0], errno));
        if (ready > 0 && wanted[1].revents != 0 && !drain(reading.get(), lines))
            wanted[1].fd = -1; // at its end; the program may live on without it
        if (ready > 0 && wanted[0].revents != 0)
            break;
        if (Clock::now() >= next_tick) {
            if (watch.tick && watch.tick(cpu_seconds_of(child.pid())) == TickAnswer::kill) {
                ::kill(child.pid(), SIGKILL);
                killed = true;
                break;
            }
            next_tick = Clock::now() + watch.tick_interval;
        }
    }
    if (killed && !ends_within(pidfd.get(), watch.kill_wait)) {
        child.abandon();
        return fail(make_error(ErrorKind::system, "kill", argv[0], "it sits in the kernel and does not die")
                        .from(ErrorSide::destination));
    }
    drain(reading.get(), lines);
    lines.finish();
    auto status = child.wait();
    if (status && killed)
        status->timed_out = true;
    return status;
}

} // namespace kdumpkit::capture
