// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/printable.h"

#include <fmt/format.h>

namespace kdumpkit {
namespace {

// How many bytes the character at the start of `text` has; 0 when it is no UTF-8 (RFC 3629: no overlong
// forms, no surrogates, nothing above U+10FFFF).
std::size_t character_size(std::string_view text) {
    const auto byte = [&](std::size_t at) {
        return at < text.size() ? static_cast<unsigned char>(text[at]) : 0U;
    };
    const auto goes_on = [&](std::size_t from, std::size_t size) {
        for (std::size_t at = from; at < size; ++at)
            if ((byte(at) & 0xc0U) != 0x80)
                return std::size_t{0};
        return size;
    };
    const unsigned first = byte(0), second = byte(1);
    if (first < 0x80)
        return 1;
    if (first >= 0xc2 && first <= 0xdf)
        return goes_on(1, 2);
    if ((first & 0xf0) == 0xe0)
        return (first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f) ? 0 : goes_on(1, 3);
    if (first >= 0xf0 && first <= 0xf4)
        return (first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f) ? 0 : goes_on(1, 4);
    return 0;
}

// U+0000-001F, U+007F, U+0080-009F (terminals obey these, too), and the characters that turn the direction of
// a line around.
bool drives_a_terminal(std::string_view character) {
    const auto first = static_cast<unsigned char>(character.front());
    if (first < 0x20 || first == 0x7f)
        return true;
    if (first == 0xc2)
        return static_cast<unsigned char>(character[1]) < 0xa0;
    return (character >= "\xe2\x80\xaa" && character <= "\xe2\x80\xae") || // U+202A-202E
           (character >= "\xe2\x81\xa6" && character <= "\xe2\x81\xa9");   // U+2066-2069
}

std::string escaped(std::string_view text, std::string_view plain) {
    std::string out;
    while (!text.empty()) {
        const std::size_t size = character_size(text);
        const std::string_view character = text.substr(0, size == 0 ? 1 : size);
        const bool stays = plain.find(character.front()) != std::string_view::npos;
        if (size != 0 && (stays || !drives_a_terminal(character)))
            out += character;
        else
            for (const char c : character)
                out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
        text.remove_prefix(character.size());
    }
    return out;
}

} // namespace

std::string printable(std::string_view text) {
    return escaped(text, {});
}

bool is_utf8(std::string_view text) {
    while (!text.empty()) {
        const std::size_t size = character_size(text);
        if (size == 0)
            return false;
        text.remove_prefix(size);
    }
    return true;
}

std::string printable_lines(std::string_view text) {
    return escaped(text, "\n\t");
}

} // namespace kdumpkit
