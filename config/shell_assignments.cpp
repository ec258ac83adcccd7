// SPDX-License-Identifier: GPL-2.0-or-later
#include "config/shell_assignments.h"

#include "base/shell_text.h"

namespace kdumpkit {
namespace {

constexpr std::string_view computed = "a shell computes its value";

// A file from a Windows editor is read as if it were none; a shell would take the CR as a part of the value.
std::string without_returns(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i)
        if (text[i] != '\r' || text.substr(i + 1, 1) != "\n")
            out += text[i];
    return out;
}

// The value behind "NAME=", and the rest of its statement.
void read_value(ShellText& text, ShellAssignment& into) {
    const ShellText begin = text;
    ShellWord word = take_word(text, [&](ShellText& at, std::string& value) {
        value += at.take();
        into.trouble = computed;
    });
    if (!word.closed) { // the shell refuses the file; the other lines still say what was meant
        into.trouble = "its quotes have no end";
        text = begin;
    }
    into.value = std::move(word.value);
    text.skip_blanks();
    if (into.trouble.empty() && !text.at_end() && !text.is_at("\n;#"))
        into.trouble = "quotes are missing around a value with blanks in it";
    if (!text.skip(";"))
        text.skip_line();
}

} // namespace

std::vector<ShellAssignment> shell_assignments(std::string_view file) {
    std::vector<ShellAssignment> found;
    const std::string unix_file = without_returns(file);
    for (ShellText text(unix_file); !text.at_end();) {
        text.skip_blanks();
        if (text.skip("export "))
            text.skip_blanks();
        ShellAssignment one;
        one.line = text.line();
        one.name = text.take_name();
        const bool adds = text.skip("+=");
        if (one.name.empty() || (!adds && !text.skip("="))) {
            text.skip_line();
        } else {
            read_value(text, one);
            if (adds)
                one.trouble = computed;
            found.push_back(std::move(one));
        }
        text.skip("\n");
    }
    return found;
}

} // namespace kdumpkit
