// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/usage.h"

#include "base/spelling.h"

#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace kdumpkit::cli {
namespace {

// The innermost subcommand that the command line has named, and every one on the way to it.
std::vector<const CLI::App*> chosen(const CLI::App& app) {
    std::vector<const CLI::App*> chain = {&app};
    for (auto parsed = app.get_subcommands(); !parsed.empty(); parsed = parsed.front()->get_subcommands())
        chain.push_back(parsed.front());
    return chain;
}

std::vector<std::string> subcommand_names(const CLI::App& app) {
    std::vector<std::string> names;
    for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; }))
        names.push_back(sub->get_name());
    return names;
}

std::vector<std::string> option_names(const CLI::App& app) {
    std::vector<std::string> names;
    for (const CLI::Option* option : app.get_options())
        for (const std::string& name : option->get_lnames())
            names.push_back("--" + name);
    return names;
}

Error unknown(std::string_view kind, const std::string& word, const std::vector<std::string>& known,
              const std::string& otherwise) {
    const std::string near = nearest(word, known);
    return make_error(ErrorKind::invalid, "read the command line", {},
                      fmt::format("there is no {} \"{}\"", kind, word))
        .then(near.empty() ? otherwise : fmt::format("did you mean {}? {}", near, otherwise));
}

} // namespace

std::string spoken_name(const CLI::App& app) {
    std::string name;
    for (const CLI::App* one : chosen(app))
        name += (name.empty() ? "" : " ") + one->get_name();
    return name;
}

Error usage_error(const CLI::App& app, const CLI::ParseError& error) {
    const CLI::App& sub = *chosen(app).back();
    const std::string help = fmt::format("see {} --help", spoken_name(app));
    const std::vector<std::string> left = sub.remaining();
    if (!left.empty() && left.front().starts_with('-')) {
        const std::string word = left.front().substr(0, left.front().find('='));
        return unknown("option", word, option_names(sub), help);
    }
    if (!left.empty() && !subcommand_names(sub).empty())
        return unknown("subcommand", left.front(), subcommand_names(sub), help);
    if (!left.empty())
        return make_error(ErrorKind::invalid, "read the command line", {},
                          fmt::format("\"{}\" belongs to no option", left.front()))
            .then(help);
    std::string reason = error.what();
    if (reason == "A subcommand is required")
        reason = fmt::format("one of {} is required", fmt::join(subcommand_names(sub), ", "));
    return make_error(ErrorKind::invalid, "read the command line", {}, reason).then(help);
}

} // namespace kdumpkit::cli
