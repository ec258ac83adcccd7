// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "base/process.h"
#include "capture/system.h"

#include <functional>
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

// Runs a program to its end with its output piped to `watch`. It ends when the program ends, even if a
// descendant of it still holds the pipe, or when the program does not die of SIGKILL in time (an error of the
// destination).
Result<ExitStatus> run_program(const std::vector<std::string>& argv, const ProgramWatch& watch);

} // namespace kdumpkit::capture
