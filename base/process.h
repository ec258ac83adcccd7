// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "base/file.h"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

namespace kdumpkit {

// How a child ended.
struct ExitStatus {
    int code = 0;               // meaningful when signal == 0
    int signal = 0;             // the signal that killed it, or 0
    bool timed_out = false;     // we killed it with SIGKILL at the deadline
    std::uint64_t peak_rss = 0; // KiB, from getrusage

    [[nodiscard]] bool success() const { return code == 0 && signal == 0 && !timed_out; }
    // "exit code 3", "killed by signal 9 (Killed)", "killed at its deadline".
    [[nodiscard]] std::string text() const;
};

// A running child; the destructor kills it with SIGKILL and reaps it.
class Child {
  public:
    explicit Child(pid_t pid) : pid_(pid) {}
    Child(Child&& other) noexcept : pid_(other.pid_) { other.pid_ = -1; }
    Child& operator=(Child&&) = delete;
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;
    ~Child();

    [[nodiscard]] pid_t pid() const { return pid_; }
    // Waits until it ends; at `deadline` from now it is killed. Reaps only this child.
    Result<ExitStatus> wait(std::optional<std::chrono::milliseconds> deadline = std::nullopt);
    // Neither killed nor reaped by us any more: for one that even SIGKILL does not end.
    void abandon() { pid_ = -1; }

  private:
    pid_t pid_;
};

// Starts argv[0] (a path, or a name looked up in PATH). stdio entries: -1 leaves ours, otherwise the
// descriptor becomes 0, 1 or 2 in the child. A program that cannot be executed is an error here, not an exit
// code.
struct Spawn {
    std::vector<std::string> argv;
    int standard_input = -1;
    int standard_output = -1;
    int standard_error = -1;
};
Result<Child> spawn(const Spawn& what);

} // namespace kdumpkit
