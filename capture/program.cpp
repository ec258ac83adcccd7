// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/program.h"

#include "base/file.h"

#include <algorithm>
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

Result<Pipe> make_pipe(const std::string& whose) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0)
        return fail(system_error("make a pipe for", whose, errno));
    return Pipe{Fd(ends[0]), Fd(ends[1])};
}

Result<Companions> Companions::watch_over(std::vector<Child> children, std::string name, Fd words) {
    Companions all(std::move(children), std::move(name), std::move(words));
    for (const Child& child : all.children_) {
        all.pidfds_.emplace_back(static_cast<int>(::syscall(SYS_pidfd_open, child.pid(), 0)));
        if (!all.pidfds_.back().valid())
            return fail(system_error("watch", all.name_, errno));
    }
    // Only our end: the children's writes must block rather than fail when the pipe is full.
    ::fcntl(all.words_.get(), F_SETFL, O_NONBLOCK);
    return all;
}

void Companions::kill(std::size_t index) {
    if (!ends_[index])
        ::kill(group_ ? -children_[index].pid() : children_[index].pid(), SIGKILL);
}

Result<> Companions::kill_all(std::chrono::milliseconds patience) {
    for (std::size_t i = 0; i < children_.size(); ++i)
        kill(i);
    Result<> result;
    for (std::size_t i = 0; i < children_.size(); ++i) {
        if (ends_[i])
            continue;
        if (ends_within(pidfds_[i].get(), patience)) {
            KDK_ASSIGN(ExitStatus status, children_[i].wait());
            status.timed_out = true;
            ends_[i] = status;
        } else {
            children_[i].abandon();
            result =
                fail(make_error(ErrorKind::system, "kill", name_, "it sits in the kernel and does not die")
                         .from(ErrorSide::destination));
        }
    }
    return result;
}

Result<std::vector<ExitStatus>>
Companions::run(const ProgramWatch& watch, const std::function<void(std::size_t, const ExitStatus&)>& ended) {
    LineCutter lines([&](std::string_view line) {
        if (watch.line)
            watch.line(line);
    });
    using Clock = std::chrono::steady_clock;
    auto next_tick = Clock::now() + watch.tick_interval;
    std::vector<pollfd> wanted{{words_.get(), POLLIN, 0}};
    for (const Fd& pidfd : pidfds_)
        wanted.push_back({pidfd.get(), POLLIN, 0});
    const auto all_ended = [&] {
        return std::all_of(ends_.begin(), ends_.end(), [](const auto& end) { return end.has_value(); });
    };
    while (!all_ended()) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(next_tick - Clock::now()).count();
        const int ready = ::poll(wanted.data(), wanted.size(), left > 0 ? static_cast<int>(left) : 0);
        if (ready < 0 && errno != EINTR)
            return fail(system_error("watch", name_, errno));
        if (ready > 0 && wanted[0].revents != 0) {
            if (watch.heard)
                watch.heard();
            if (!drain(words_.get(), lines))
                wanted[0].fd = -1; // at its end; a program may live on without it
        }
        for (std::size_t i = 0; ready > 0 && i < children_.size(); ++i) {
            if (wanted[i + 1].revents == 0 || ends_[i])
                continue;
            KDK_ASSIGN(ends_[i], children_[i].wait());
            wanted[i + 1].fd = -1;
            if (ended)
                ended(i, *ends_[i]);
        }
        if (Clock::now() >= next_tick && !all_ended()) {
            if (watch.tick && watch.tick(cpu_seconds()) == TickAnswer::kill) {
                KDK_TRY(kill_all(watch.kill_wait));
                break;
            }
            next_tick = Clock::now() + watch.tick_interval;
        }
    }
    drain(words_.get(), lines);
    lines.finish();
    std::vector<ExitStatus> statuses;
    for (const auto& end : ends_)
        statuses.push_back(end.value_or(ExitStatus{}));
    return statuses;
}

double Companions::cpu_seconds() const {
    double sum = 0;
    for (std::size_t i = 0; i < children_.size(); ++i)
        if (!ends_[i])
            sum += cpu_seconds_of(children_[i].pid());
    return sum;
}

Result<ExitStatus> run_program(const std::vector<std::string>& argv, const ProgramWatch& watch) {
    KDK_ASSIGN(Pipe words, make_pipe(argv.at(0)));
    std::vector<Child> children;
    KDK_ASSIGN(Child child, spawn({argv, -1, watch.output >= 0 ? watch.output : words.writing.get(),
                                   words.writing.get()}));
    children.push_back(std::move(child));
    words.writing = Fd();
    KDK_ASSIGN(Companions program,
               Companions::watch_over(std::move(children), argv[0], std::move(words.reading)));
    KDK_ASSIGN(const std::vector<ExitStatus> ends, program.run(watch));
    return ends.front();
}

Result<PipeEnd> run_program_pipe(const std::vector<std::string>& from, const std::vector<std::string>& to,
                                 const ProgramWatch& watch) {
    KDK_ASSIGN(Pipe words, make_pipe(from.at(0)));
    KDK_ASSIGN(Pipe data, make_pipe(to.at(0)));
    std::vector<Child> children;
    KDK_ASSIGN(Child first, spawn({from, -1, data.writing.get(), words.writing.get()}));
    children.push_back(std::move(first));
    KDK_ASSIGN(Child second, spawn({to, data.reading.get(), words.writing.get(), words.writing.get()}));
    children.push_back(std::move(second));
    words.writing = Fd();
    data.reading = Fd(); // so that the first is told when the second has gone
    KDK_ASSIGN(Companions both, Companions::watch_over(std::move(children), from[0] + " | " + to[0],
                                                       std::move(words.reading)));
    const auto ended = [&](std::size_t index, const ExitStatus& status) {
        if (index == 0 && !status.success())
            both.kill(1);
        if (index == 0)
            data.writing = Fd(); // the end of its input
    };
    KDK_ASSIGN(const std::vector<ExitStatus> ends, both.run(watch, ended));
    return PipeEnd{ends[0], ends[1]};
}

} // namespace kdumpkit::capture
