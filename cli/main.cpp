// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/error.h"
#include "base/subcommand.h"
#include "initramfs/commands.h"
#include "loader/commands.h"

#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

using namespace kdumpkit;

int main(int argc, char** argv) {
    CLI::App app("Save what a Linux kernel left behind when it panicked.", "kdumpkit");
    app.set_version_flag("--version", std::string("kdumpkit ") + KDUMPKIT_VERSION);
    app.require_subcommand(1);
    app.footer("Exit codes: 0 success, 1 system error, 2 wrong use, 3 something is absent, 4 corrupt input,\n"
               "5 unsupported, 6 the destination failed. See docs/exit-codes.md.");

    std::vector<Subcommand> commands = loader::commands();
    for (Subcommand& command : initramfs::commands())
        commands.push_back(std::move(command));

    std::vector<std::pair<CLI::App*, std::function<Result<int>()>>> runnable;
    for (const Subcommand& command : commands) {
        CLI::App* sub = app.add_subcommand(command.name, command.summary);
        runnable.emplace_back(sub, command.define(*sub));
    }

    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? exit_codes::success : exit_codes::invalid;
    }
    for (const auto& [sub, run] : runnable) {
        if (!sub->parsed())
            continue;
        const Result<int> result = run();
        if (result)
            return *result;
        fmt::print(stderr, "kdumpkit {}: {}\n", sub->get_name(), result.error().message());
        return exit_code(result.error());
    }
    return exit_codes::invalid;
}
