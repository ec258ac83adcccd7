// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/commands.h"
#include "base/bytes.h"
#include "base/error.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "base/output.h"
#include "base/printable.h"
#include "base/subcommand.h"
#include "cli/reference.h"
#include "cli/usage.h"
#include "initramfs/commands.h"
#include "loader/commands.h"

#include <csignal>
#include <exception>
#include <new>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <unistd.h>

using namespace kdumpkit;

namespace {

// Nothing is left to do when standard error does not take it; the exit code still tells.
void complain(const std::string& text) {
    (void)write_all(STDERR_FILENO, as_bytes(printable_lines(text) + "\n"), "standard error");
}

int report(const std::string& name, Error error) {
    if (error.next_step.empty())
        error.next_step = fmt::format("see {} --help", name);
    complain(fmt::format("{}: {}", name, error.message()));
    return exit_code(error);
}

// CLI11 takes "" for a name or a size; for us that would be "not given" or an odd path, and is what a script
// has whose variable is not set.
void refuse_empty_values(CLI::App& sub) {
    for (CLI::App* below : sub.get_subcommands([](const CLI::App*) { return true; }))
        refuse_empty_values(*below);
    for (CLI::Option* option : sub.get_options()) {
        const bool name = option->get_type_name() == "FILE" || option->get_type_name() == "DIR";
        if (name || option->get_type_name() == "SIZE" || option->get_positional())
            option->check([reason = name ? "the name is empty" : "it is empty"](const std::string& value) {
                return std::string(value.empty() ? reason : "");
            });
    }
}

int run(int argc, char** argv) {
    CLI::App app("Save what a Linux kernel left behind when it panicked.", "kdumpkit");
    app.set_version_flag("--version", std::string("kdumpkit ") + KDUMPKIT_VERSION);
    app.require_subcommand(1);
    app.footer("Exit codes: 0 success, 1 system error, 2 wrong use, 3 something is absent, 4 corrupt input,\n"
               "5 unsupported, 6 the destination failed. See docs/exit-codes.md.");

    std::vector<Subcommand> commands = loader::commands();
    for (Subcommand& command : initramfs::commands())
        commands.push_back(std::move(command));
    for (Subcommand& command : admin::commands())
        commands.push_back(std::move(command));

    std::vector<std::pair<CLI::App*, std::function<Result<int>()>>> runnable;
    for (const Subcommand& command : commands) {
        CLI::App* sub = app.add_subcommand(command.name, command.summary);
        runnable.emplace_back(sub, command.define(*sub));
        refuse_empty_values(*sub);
    }

    // For the build, not for people: not in --help.
    if (argc == 2 && std::string_view(argv[1]) == "--reference") {
        const auto printed = print_result(cli::reference_json(app));
        return printed ? exit_codes::success : report("kdumpkit", printed.error());
    }
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        const std::string name = cli::spoken_name(app);
        if (error.get_exit_code() != 0)
            return report(name, cli::usage_error(app, error));
        std::ostringstream help; // --help and --version come this way
        app.exit(error, help, help);
        const auto printed = print_result(help.str());
        return printed ? exit_codes::success : report(name, printed.error());
    }
    for (const auto& [sub, act] : runnable) {
        if (!sub->parsed())
            continue;
        const Result<int> result = act();
        return result ? *result : report(cli::spoken_name(app), result.error());
    }
    return exit_codes::invalid;
}

} // namespace

int main(int argc, char** argv) {
    // A limit on file sizes, and a reader that went away, are errors to report and not deaths.
    std::signal(SIGXFSZ, SIG_IGN);
    std::signal(SIGPIPE, SIG_IGN);
    try {
        const int code = run(argc, argv);
        die_of_interrupt();
        return code;
    } catch (const std::bad_alloc&) {
        complain("kdumpkit: out of memory\n  next: free memory, and run it again");
    } catch (const std::exception& problem) {
        complain(fmt::format("kdumpkit: an error that nobody foresaw: {}\n  next: please report this, with "
                             "the command line",
                             problem.what()));
    }
    return exit_codes::system;
}
