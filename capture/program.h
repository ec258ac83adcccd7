// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "base/file.h"
#include "base/process.h"
#include "capture/system.h"

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kdumpkit::capture {

// Cuts a byte stream into lines at '\n' and '\r', bounded: a longer line is cut at 1000 bytes, control bytes
// become
// '?'. Empty lines are dropped.
class LineCutter {
  public:
    static constexpr std::size_t line_limit = 1000;
    explicit LineCutter(std::function<void(std::string_view)> sink) : sink_(std::move(sink)) {}
    void feed(std::string_view bytes);
    // The rest that had no newline.
    void finish();

  private:
    std::function<void(std::string_view)> sink_;
    std::string line_;
};

struct Pipe {
    Fd reading, writing;
};
Result<Pipe> make_pipe(const std::string& whose);

// Children that are watched together: their words through one pipe, their ends, and a regular tick.
class Companions {
  public:
    // `name` is for messages, `words` the reading end of what they say.
    static Result<Companions> watch_over(std::vector<Child> children, std::string name, Fd words);
    // They are leaders of process groups: killing one kills all that it started.
    void kill_groups() { group_ = true; }
    // Until all have ended, or were killed by a tick's answer; `ended` is told of each end as it comes.
    Result<std::vector<ExitStatus>>
    run(const ProgramWatch& watch, const std::function<void(std::size_t, const ExitStatus&)>& ended = {});
    void kill(std::size_t index);

  private:
    Companions(std::vector<Child> children, std::string name, Fd words)
        : children_(std::move(children)), name_(std::move(name)), words_(std::move(words)),
          ends_(children_.size()) {}
    Result<> kill_all(std::chrono::milliseconds patience);
    [[nodiscard]] double cpu_seconds() const;

    std::vector<Child> children_;
    std::string name_;
    Fd words_;
    std::vector<std::optional<ExitStatus>> ends_;
    std::vector<Fd> pidfds_;
    bool group_ = false;
};

// Runs a program to its end with its output piped to `watch`. It ends when the program ends, even if a
// descendant of it still holds the pipe, or when the program does not die of SIGKILL in time (an error of the
// destination).
Result<ExitStatus> run_program(const std::vector<std::string>& argv, const ProgramWatch& watch);

// System::run_pipe().
Result<PipeEnd> run_program_pipe(const std::vector<std::string>& from, const std::vector<std::string>& to,
                                 const ProgramWatch& watch);

} // namespace kdumpkit::capture
