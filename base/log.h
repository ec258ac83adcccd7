// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <string_view>

#include <fmt/format.h>

namespace kdumpkit {

enum class LogLevel { error, warning, info, debug };

// Where a program says things. Passed by reference to what needs it: there is no global logger.
// The sink gets one line without its newline; it must not throw. Not synchronised: one thread at a time.
class Log {
  public:
    using Sink = std::function<void(LogLevel, std::string_view)>;
    explicit Log(Sink sink, LogLevel threshold = LogLevel::info)
        : sink_(std::move(sink)), threshold_(threshold) {}

    [[nodiscard]] bool enabled(LogLevel level) const { return level <= threshold_; }
    void line(LogLevel level, std::string_view text) const {
        if (enabled(level))
            sink_(level, text);
    }
    template<class... Args>
    void error(fmt::format_string<Args...> format, Args&&... args) const {
        line(LogLevel::error, fmt::format(format, static_cast<Args&&>(args)...));
    }
    template<class... Args>
    void warning(fmt::format_string<Args...> format, Args&&... args) const {
        line(LogLevel::warning, fmt::format(format, static_cast<Args&&>(args)...));
    }
    template<class... Args>
    void info(fmt::format_string<Args...> format, Args&&... args) const {
        line(LogLevel::info, fmt::format(format, static_cast<Args&&>(args)...));
    }
    template<class... Args>
    void debug(fmt::format_string<Args...> format, Args&&... args) const {
        if (enabled(LogLevel::debug))
            sink_(LogLevel::debug, fmt::format(format, static_cast<Args&&>(args)...));
    }

  private:
    Sink sink_;
    LogLevel threshold_;
};

// "PROGRAM: warning: TEXT" on standard error; info has no tag.
Log stderr_log(std::string_view program, LogLevel threshold = LogLevel::info);

} // namespace kdumpkit
