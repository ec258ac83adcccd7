// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "admin/boot_words.h"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kdumpkit::admin {

// One line of a file, without its break, before a change and after it; nullopt: there is no such line.
struct LineEdit {
    std::optional<std::string> before, after;
    std::size_t number = 0; // of the line after the change, from 1; 0: not known
    friend bool operator==(const LineEdit&, const LineEdit&) = default;
};
using LineEdits = std::vector<LineEdit>;

// Pure. Every line of `text`, unchanged.
LineEdits lines_of(std::string_view text);
// The text afterwards; its last line ends as that of `like`, the text before, did.
std::string text_of(const LineEdits& lines, std::string_view like);
LineEdits only_changed(const LineEdits& lines);
// Those that had `parameter` before and keep it.
LineEdits only_kept(const LineEdits& lines, std::string_view parameter);
// What only one of two texts has, for people.
LineEdits difference(std::string_view before, std::string_view after);

// Where a line has words of the kernel's command line; the line is the three one after the other.
struct WordsInLine {
    std::string before, words, behind;
};
// Of a line without its break; nullopt: it has none of them, and is about something else.
using FindWords = std::function<std::optional<WordsInLine>(std::string_view line)>;
// The same for a line that may end with a carriage return, which is put `behind`.
std::optional<WordsInLine> words_in(std::string_view line, const FindWords& find);
// Has `parameter` be the only crashkernel= words of that line; a line that has just them stays as it is.
void set_crashkernel(LineEdit& line, const FindWords& find, std::string_view parameter);

// Pure. Takes back `written`, the edits that put `parameter` into a file which may have been edited since: a
// line that is as it was written becomes what it was; of others that have the parameter it is taken away, and
// the earlier words come back if only these can be meant. `left`: what stays otherwise, in words.
struct TakenBack {
    LineEdits lines;
    std::vector<std::string> left;
};
TakenBack take_back_lines(std::string_view text, const LineEdits& written, const FindWords& find,
                          std::string_view parameter);

} // namespace kdumpkit::admin
