// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/shell_text.h"

namespace kdumpkit {
namespace {

constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";
constexpr std::string_view digits = "0123456789";

// A backslash that is taken already. In double quotes it quotes only `quotable`, elsewhere (empty) anything.
void take_escaped(ShellText& text, std::string_view quotable, std::string& value) {
    if (text.skip("\n")) // the line goes on
        return;
    if (text.at_end() || (!quotable.empty() && !text.is_at(quotable)))
        value += '\\';
    else
        value += text.take();
}

void take_in_double_quotes(ShellText& text, const ShellExpansion& expand, ShellWord& word) {
    while (!text.at_end() && !text.is_at("\"")) {
        if (text.skip("\\"))
            take_escaped(text, "$`\"\\", word.value);
        else if (text.is_at("$`"))
            expand(text, word.value);
        else
            word.value += text.take();
    }
    word.closed = text.skip("\"");
}

void take_in_single_quotes(ShellText& text, ShellWord& word) {
    while (!text.at_end() && !text.is_at("'"))
        word.value += text.take();
    word.closed = text.skip("'");
}

} // namespace

char ShellText::take() {
    const char c = peek();
    at_ += at_end() ? 0 : 1;
    line_ += c == '\n' ? 1U : 0U;
    return c;
}

bool ShellText::skip(std::string_view what) {
    const bool is_next = text_.substr(at_).starts_with(what);
    for (std::size_t i = 0; is_next && i < what.size(); ++i)
        take();
    return is_next;
}

void ShellText::skip_blanks() {
    while (skip(" ") || skip("\t") || skip("\\\n")) {
    }
}

void ShellText::skip_line() {
    while (!at_end() && peek() != '\n')
        take();
}

std::string ShellText::take_name() {
    std::string name;
    while (is_at(letters) || (!name.empty() && is_at(digits)))
        name += take();
    return name;
}

ShellWord take_word(ShellText& text, const ShellExpansion& expand) {
    ShellWord word;
    while (!text.at_end() && !text.is_at(ends_shell_word)) {
        if (text.skip("'"))
            take_in_single_quotes(text, word);
        else if (text.skip("\""))
            take_in_double_quotes(text, expand, word);
        else if (text.skip("\\"))
            take_escaped(text, {}, word.value);
        else if (text.is_at("$`"))
            expand(text, word.value);
        else
            word.value += text.take();
    }
    return word;
}

} // namespace kdumpkit
