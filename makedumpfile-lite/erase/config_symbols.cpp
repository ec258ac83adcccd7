// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/erase/config_symbols.h"

#include <algorithm>
#include <variant>

namespace kdumpkit::dump {

namespace {

// Calls `each` with every path of a section's commands.
template<class Each>
void each_path(const EraseSection& section, const Each& each) {
    const auto of_command = [&](const EraseCommand& command) {
        each(command.path);
        if (const auto* at = std::get_if<EraseSizeAt>(&command.amount))
            each(at->path);
    };
    for (const auto& one : section.commands) {
        if (const auto* loop = std::get_if<EraseLoop>(&one)) {
            each(loop->list);
            std::for_each(loop->body.begin(), loop->body.end(), of_command);
        } else {
            of_command(std::get<EraseCommand>(one));
        }
    }
}

} // namespace

std::vector<std::string_view> symbols_in(const EraseSection& section) {
    std::vector<std::string_view> names;
    each_path(section, [&](const ErasePath& path) { names.push_back(path.symbol); });
    return names;
}

std::vector<std::string_view> untyped_symbols(const EraseConfig& config) {
    std::vector<std::string_view> names;
    for (const EraseSection& section : config.sections)
        if (section.module == "vmlinux")
            each_path(section, [&](const ErasePath& path) {
                if (path.type.empty())
                    names.push_back(path.symbol);
            });
    return names;
}

} // namespace kdumpkit::dump
