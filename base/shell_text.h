// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace kdumpkit {

// What a word ends before where it is not quoted.
inline constexpr std::string_view ends_shell_word = " \t\n;&|()<>";

// Text that a POSIX shell reads, from a place on. Copies are cheap, and look ahead.
class ShellText {
  public:
    explicit ShellText(std::string_view text) : text_(text) {}

    [[nodiscard]] bool at_end() const { return at_ >= text_.size(); }
    [[nodiscard]] unsigned line() const { return line_; } // from 1
    // '\0' behind the end.
    [[nodiscard]] char peek() const { return at_end() ? '\0' : text_[at_]; }
    // Whether the next character is one of these; false at the end.
    [[nodiscard]] bool is_at(std::string_view characters) const {
        return !at_end() && characters.find(text_[at_]) != std::string_view::npos;
    }
    char take();
    // Takes `what` if it comes next.
    bool skip(std::string_view what);
    // Takes blanks and lines that go on.
    void skip_blanks();
    // Up to the line break.
    void skip_line();
    // Letters, digits and _, not beginning with a digit; empty: no name comes next.
    std::string take_name();

  private:
    std::string_view text_;
    std::size_t at_ = 0;
    unsigned line_ = 1;
};

struct ShellWord {
    std::string value;  // quotes and escapes are taken off
    bool closed = true; // false: a quote has no end, and the word goes to the end of the text
};
// Called at a $ or a ` that means something: takes it, and adds what it stands for.
using ShellExpansion = std::function<void(ShellText& text, std::string& value)>;
// The word that comes next, maybe empty, by the rules of POSIX.1-2017, 2.2 (shell quoting).
ShellWord take_word(ShellText& text, const ShellExpansion& expand);

} // namespace kdumpkit
