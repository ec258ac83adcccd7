// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/boot_words.h"

#include <algorithm>
#include <functional>

namespace kdumpkit::admin {
namespace {

void each_word(std::string_view line, const std::function<void(std::string_view)>& word) {
    std::size_t begin = 0;
    bool quoted = false, inside = false;
    for (std::size_t i = 0; i <= line.size(); ++i) {
        const bool end =
            i == line.size() || (!quoted && (line[i] == ' ' || line[i] == '\t' || line[i] == '\n'));
        if (i < line.size() && line[i] == '"')
            quoted = !quoted;
        if (end && inside)
            word(line.substr(begin, i - begin));
        if (!end && !inside)
            begin = i;
        inside = !end;
    }
}

bool is_crashkernel(std::string_view word) {
    return word.starts_with("crashkernel=");
}

} // namespace

std::string with_crashkernel(std::string_view line, std::string_view parameter) {
    std::string out;
    const auto add = [&](std::string_view word) { out += (out.empty() ? "" : " ") + std::string(word); };
    each_word(line, [&](std::string_view word) {
        if (!is_crashkernel(word))
            add(word);
    });
    if (parameter.empty())
        return out;
    // Behind a quote that nobody closed it would be a part of that value.
    const bool open = std::count(line.begin(), line.end(), '"') % 2 != 0;
    if (open)
        return std::string(parameter) + (out.empty() ? "" : " ") + out;
    add(parameter);
    return out;
}

std::string crashkernel_words(std::string_view line) {
    std::string out;
    each_word(line, [&](std::string_view word) {
        if (is_crashkernel(word))
            out += (out.empty() ? "" : " ") + std::string(word);
    });
    return out;
}

bool has_crashkernel(std::string_view line, std::string_view parameter) {
    return (" " + crashkernel_words(line) + " ").find(" " + std::string(parameter) + " ") !=
           std::string::npos;
}

std::string taken_crashkernel(std::string_view line) {
    // kernel/crash_core.c (crash_reserve.c since 6.9), get_last_crashkernel(). ",cma" is looked at besides.
    std::string plain, high, low, cma;
    each_word(line, [&](std::string_view word) {
        if (!is_crashkernel(word))
            return;
        std::string& last = word.ends_with(",high")  ? high
                            : word.ends_with(",low") ? low
                            : word.ends_with(",cma") ? cma
                                                     : plain;
        last = word;
    });
    std::string taken = cma;
    const auto add = [&](const std::string& word) { taken += (taken.empty() ? "" : " ") + word; };
    if (!plain.empty())
        add(plain);
    else if (!high.empty())
        add(low.empty() ? high : high + " " + low);
    return taken;
}

} // namespace kdumpkit::admin
