// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/process.h"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <thread>

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace kdumpkit {

std::string ExitStatus::text() const {
    if (timed_out)
        return "killed at its deadline";
    if (signal != 0)
        return fmt::format("killed by signal {} ({})", signal, ::strsignal(signal));
    return fmt::format("exit code {}", code);
}

Child::~Child() {
    if (pid_ > 0) {
        ::kill(pid_, SIGKILL);
        while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
        }
    }
}

Result<ExitStatus> Child::wait(std::optional<std::chrono::milliseconds> deadline) {
    ExitStatus status;
    if (deadline) {
        // pidfd_open is in every kernel that we support (5.3); without it we would have to poll.
        const Fd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
        if (!pidfd.valid())
            return fail(system_error("watch", fmt::format("process {}", pid_), errno));
        const auto end = std::chrono::steady_clock::now() + *deadline;
        for (;;) {
            const auto left =
                std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
            pollfd poll_fd{pidfd.get(), POLLIN, 0};
            const int ready = ::poll(&poll_fd, 1, left.count() > 0 ? static_cast<int>(left.count()) : 0);
            if (ready < 0 && errno == EINTR)
                continue;
            if (ready == 0) {
                ::kill(pid_, SIGKILL);
                status.timed_out = true;
            }
            break;
        }
    }
    int raw = 0;
    rusage usage{};
    while (::wait4(pid_, &raw, 0, &usage) < 0) {
        if (errno != EINTR)
            return fail(system_error("wait for", fmt::format("process {}", pid_), errno));
    }
    pid_ = -1;
    status.peak_rss = static_cast<std::uint64_t>(usage.ru_maxrss);
    if (WIFSIGNALED(raw))
        status.signal = WTERMSIG(raw);
    else
        status.code = WEXITSTATUS(raw);
    return status;
}

Result<Child> spawn(const Spawn& what) {
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    const int given[3] = {what.standard_input, what.standard_output, what.standard_error};
    // Two passes, so that a descriptor which is itself 0, 1 or 2 is not overwritten before it is used.
    int copies[3] = {-1, -1, -1};
    std::vector<Fd> held;
    for (int i = 0; i < 3; ++i) {
        if (given[i] < 0)
            continue;
        copies[i] = ::fcntl(given[i], F_DUPFD_CLOEXEC, 3);
        if (copies[i] < 0) {
            ::posix_spawn_file_actions_destroy(&actions);
            return fail(system_error("duplicate a descriptor for", what.argv.at(0), errno));
        }
        held.emplace_back(copies[i]);
        ::posix_spawn_file_actions_adddup2(&actions, copies[i], i);
    }
    std::vector<char*> argv;
    for (const std::string& argument : what.argv)
        argv.push_back(const_cast<char*>(argument.c_str()));
    argv.push_back(nullptr);
    pid_t pid = -1;
    const int error = ::posix_spawnp(&pid, argv[0], &actions, nullptr, argv.data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    if (error != 0)
        return fail(system_error("start", what.argv[0], error));
    return Child(pid);
}

} // namespace kdumpkit
