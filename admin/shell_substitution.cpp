// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/shell_substitution.h"

namespace kdumpkit::admin {
namespace {

constexpr unsigned deepest = 20; // of "$(" in quotes in "$(": each is a call

bool skip_to(ShellText& text, char end) {
    while (!text.at_end() && text.peek() != end)
        text.take();
    return text.take() == end;
}

bool skip_command(ShellText& text, unsigned depth);

// At a $ that was taken.
bool skip_behind_dollar(ShellText& text, unsigned depth) {
    return text.is_at("(") ? skip_command(text, depth + 1) : !text.is_at("{") || skip_braces(text);
}

bool skip_double_quotes(ShellText& text, unsigned depth) {
    while (!text.skip("\"")) {
        if (text.at_end())
            return false;
        const char c = text.take();
        if (c == '\\')
            text.take();
        else if ((c == '`' && !skip_backquotes(text)) || (c == '$' && !skip_behind_dollar(text, depth)))
            return false;
    }
    return true;
}

// From "(" on. A "case" in it would have ")" that close nothing, a comment or a here-document quotes.
bool skip_command(ShellText& text, unsigned depth) {
    if (depth > deepest)
        return false;
    std::size_t open = 0;
    bool begins_word = true;
    do {
        if (text.at_end() || (begins_word && text.is_at("#")) || text.take_name() == "case" ||
            text.skip("<<"))
            return false;
        const char c = text.take();
        open += c == '(' ? 1 : 0;
        open -= c == ')' ? 1 : 0;
        begins_word = std::string_view(" \t\n;&|()").find(c) != std::string_view::npos;
        if (c == '\\')
            text.take();
        else if ((c == '\'' && !skip_to(text, '\'')) || (c == '"' && !skip_double_quotes(text, depth)) ||
                 (c == '`' && !skip_backquotes(text)) || (c == '$' && !skip_behind_dollar(text, depth)))
            return false;
    } while (open != 0);
    return true;
}

} // namespace

bool skip_parentheses(ShellText& text) {
    return skip_command(text, 0);
}

bool skip_braces(ShellText& text) {
    while (!text.at_end() && !text.is_at("}\"'\\`\n")) {
        const bool dollar = text.take() == '$';
        if (dollar && text.is_at("({"))
            return false;
    }
    return text.skip("}");
}

bool skip_backquotes(ShellText& text) {
    while (!text.at_end() && text.peek() != '`')
        if (text.take() == '\\')
            text.take();
    return text.skip("`");
}

} // namespace kdumpkit::admin
