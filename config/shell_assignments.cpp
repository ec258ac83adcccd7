// SPDX-License-Identifier: GPL-2.0-or-later
#include "config/shell_assignments.h"

namespace kdumpkit {
namespace {

constexpr std::string_view computed = "a shell computes its value";
constexpr std::string_view name_letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";

// The text that is left, and the line where it begins.
class Cursor {
  public:
    explicit Cursor(std::string_view text) : text_(text) {}
    [[nodiscard]] bool at_end() const { return text_.empty(); }
    [[nodiscard]] unsigned line() const { return line_; }
    // '\0' at the end.
    [[nodiscard]] char peek() const { return text_.empty() ? '\0' : text_.front(); }
    [[nodiscard]] bool at_blank() const {
        return peek() == ' ' || peek() == '\t' || text_.starts_with("\r\n");
    }
    [[nodiscard]] bool at_statement_end() const { return at_end() || peek() == '\n' || peek() == ';'; }
    char take() {
        const char c = peek();
        line_ += c == '\n' ? 1U : 0U;
        text_.remove_prefix(text_.empty() ? 0 : 1);
        return c;
    }
    bool skip(std::string_view word) {
        const bool there = text_.starts_with(word);
        text_.remove_prefix(there ? word.size() : 0);
        return there;
    }
    void skip_blanks() {
        while (at_blank())
            take();
    }
    void skip_line() {
        while (!at_end() && peek() != '\n')
            take();
    }
    std::string take_name() {
        std::string name;
        while (!at_end() && name_letters.find(peek()) != std::string_view::npos)
            name += take();
        return name;
    }

  private:
    std::string_view text_;
    unsigned line_ = 1;
};

// The backslash is taken. In double quotes it quotes only what would be special there.
void read_escaped(Cursor& cursor, bool in_quotes, std::string& out) {
    if (cursor.skip("\r\n") || cursor.peek() == '\n') {
        if (cursor.peek() == '\n')
            cursor.take(); // the line goes on
        return;
    }
    if (in_quotes && std::string_view("$`\"\\").find(cursor.peek()) == std::string_view::npos)
        out += '\\';
    if (!cursor.at_end())
        out += cursor.take();
}

void read_quoted(Cursor& cursor, ShellAssignment& into) {
    const char quote = cursor.take();
    const Cursor first = cursor;
    while (!cursor.at_end() && cursor.peek() != quote) {
        const char c = cursor.take();
        if (quote == '"' && c == '\\') {
            read_escaped(cursor, true, into.value);
            continue;
        }
        if (quote == '"' && (c == '$' || c == '`'))
            into.trouble = computed;
        into.value += c;
    }
    if (cursor.at_end()) { // the shell refuses the file; the other lines still say what was meant
        into.trouble = "its quotes have no end";
        cursor = first;
        cursor.skip_line();
        return;
    }
    cursor.take();
}

void read_word(Cursor& cursor, ShellAssignment& into) {
    while (!cursor.at_statement_end() && !cursor.at_blank()) {
        if (cursor.peek() == '"' || cursor.peek() == '\'') {
            read_quoted(cursor, into);
            continue;
        }
        const char c = cursor.take();
        if (c == '\\') {
            read_escaped(cursor, false, into.value);
            continue;
        }
        if (c == '$' || c == '`')
            into.trouble = computed;
        into.value += c;
    }
}

} // namespace

std::vector<ShellAssignment> shell_assignments(std::string_view text) {
    std::vector<ShellAssignment> found;
    for (Cursor cursor(text); !cursor.at_end();) {
        cursor.skip_blanks();
        if (cursor.skip("export "))
            cursor.skip_blanks();
        ShellAssignment one;
        one.line = cursor.line();
        one.name = cursor.take_name();
        const bool adds = cursor.skip("+=");
        if (one.name.empty() || (!adds && !cursor.skip("="))) {
            cursor.skip_line();
            cursor.take();
            continue;
        }
        read_word(cursor, one);
        if (adds)
            one.trouble = computed;
        cursor.skip_blanks();
        if (!cursor.at_statement_end() && cursor.peek() != '#' && one.trouble.empty())
            one.trouble = "quotes are missing around a value with blanks in it";
        if (cursor.peek() != ';')
            cursor.skip_line();
        cursor.take();
        found.push_back(std::move(one));
    }
    return found;
}

} // namespace kdumpkit
