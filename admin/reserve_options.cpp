// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/reserve_options.h"

#include <array>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace kdumpkit::admin {
namespace {

// What was given, and a size; auto asks the running machine, not one in another folder.
std::string with_size(const ReserveOptions& options) {
    std::string line = fmt::format("kdumpkit reserve {}", options.root.empty() ? "auto" : "192M");
    if (options.size.high)
        line += " --high";
    if (!options.size.cma.empty())
        line += fmt::format(" --cma {}", options.size.cma);
    if (options.dry_run)
        line += " --dry-run";
    if (!options.root.empty())
        line += fmt::format(" --root {}", options.root);
    return line;
}

} // namespace

Result<> check_options(const ReserveOptions& options) {
    const std::array<std::pair<std::string_view, bool>, 8> given = {{{"--show", options.show},
                                                                     {"--shrink", !options.shrink.empty()},
                                                                     {"--undo", options.undo},
                                                                     {"SIZE", !options.size.size.empty()},
                                                                     {"--high", options.size.high},
                                                                     {"--cma", !options.size.cma.empty()},
                                                                     {"--dry-run", options.dry_run},
                                                                     {"--root", !options.root.empty()}}};
    // The first of these that is given is what is to be done; with it goes:
    constexpr std::array<std::string_view, 4> beside = {"", "--dry-run", "--dry-run --root",
                                                        "--high --cma --dry-run --root"};
    std::size_t task = 0;
    while (task < beside.size() && !given[task].second)
        ++task;
    for (std::size_t i = task < beside.size() ? task + 1 : task; i < given.size(); ++i) {
        if (!given[i].second ||
            (task < beside.size() && beside[task].find(given[i].first) != std::string_view::npos))
            continue;
        if (task == beside.size())
            return fail(make_error(ErrorKind::invalid, "use", std::string(given[i].first), "there is no SIZE")
                            .then(fmt::format("{}, for instance", with_size(options))));
        return fail(make_error(ErrorKind::invalid, "use",
                               fmt::format("{} with {}", given[i].first, given[task].first),
                               beside[task].empty() ? "nothing goes with that"
                                                    : fmt::format("only {} goes with that", beside[task]))
                        .then("leave one of them out"));
    }
    return {};
}

} // namespace kdumpkit::admin
