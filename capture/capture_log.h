// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/file.h"
#include "capture/system.h"

#include <deque>
#include <string>
#include <string_view>

#include <fmt/format.h>

namespace kdumpkit::capture {

// Everything that kdump-capture says: at once on the console ("kdump-capture: TEXT"), and in capture.log
// ("[  12.345] TEXT", seconds since the capture kernel's start) as soon as there is a folder for it. The last
// `history_limit` bytes are kept, so that each target's capture.log tells the whole story. Never fails: a log
// that cannot be written stays on the console, and is tried again at the next line.
class CaptureLog {
  public:
    static constexpr std::size_t history_limit = std::size_t{128} << 10; // bytes
    explicit CaptureLog(System& system) : system_(system) {}

    void line(std::string_view text);
    template<class... Args>
    void say(fmt::format_string<Args...> format, Args&&... args) {
        line(fmt::format(format, static_cast<Args&&>(args)...));
    }
    // "OPERATION failed" with its next step, on as many lines as it takes.
    void error(const Error& error);

    // What was said so far, as capture.log has it.
    [[nodiscard]] std::string history() const;

    // From now on also to `path`, beginning with what was said before.
    Result<> attach(const std::string& path);
    // fsync; the error is for the caller to tell, it does not stop the log.
    Result<> sync();
    void detach();

  private:
    void write_pending();

    System& system_;
    Fd file_;
    std::string path_;
    std::deque<std::string> history_;
    std::size_t history_bytes_ = 0;
    std::size_t written_ = 0; // of history_, from its front
    std::size_t lost_ = 0;    // lines that were pushed out of the history unwritten
    std::uint64_t offset_ = 0;
};

} // namespace kdumpkit::capture
