// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/dumps_command.h"

#include "admin/dumps_report.h"
#include "admin/local_folders.h"
#include "base/log.h"
#include "base/output.h"
#include "config/dumps.h"
#include "config/retention.h"
#include "config/settings_file.h"

#include <ctime>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace kdumpkit::admin {
namespace {

struct Options {
    std::string config, name = "latest";
    std::vector<std::string> folders;
    bool json = false, dry_run = false;
};

// The dumps that the options or the settings mean.
struct Found {
    Settings settings;
    std::vector<std::string> folders;
    std::vector<Dump> dumps;
};

Result<Found> find(const Options& options, const char* command) {
    Found found;
    KDK_ASSIGN(SettingsFile file, read_settings_file(options.config));
    found.settings = std::move(file.settings);
    found.folders = options.folders;
    if (found.folders.empty()) {
        LocalFolders local = find_local_folders(found.settings);
        found.folders = std::move(local.paths);
        const Log log = stderr_log(fmt::format("kdumpkit {}", command));
        for (const std::string& reason : local.unseen)
            log.warning("not looked at: {}", reason);
    }
    KDK_ASSIGN(found.dumps, find_dumps(found.folders));
    return found;
}

// What is not there, or somebody else's, is not a dump; anything else is said.
void add_raw_dumps(Found& found, const char* command) {
    for (const Target& target : found.settings.targets) {
        if (target.scheme != Scheme::raw)
            continue;
        auto dump = find_raw_dump(target.path);
        if (dump)
            found.dumps.push_back(*std::move(dump));
        else if (dump.error().kind != ErrorKind::absent)
            stderr_log(fmt::format("kdumpkit {}", command)).warning("{}", dump.error().message());
    }
}

Result<int> run_list(const Options& options) {
    KDK_ASSIGN(Found found, find(options, "list"));
    if (options.folders.empty())
        add_raw_dumps(found, "list");
    KDK_TRY(print_result(options.json ? list_json(found.dumps, found.folders)
                                      : list_text(found.dumps, found.folders)));
    return exit_codes::success;
}

Result<int> run_show(const Options& options) {
    KDK_ASSIGN(Found found, find(options, "show"));
    if (options.folders.empty())
        add_raw_dumps(found, "show");
    KDK_ASSIGN(const Dump* dump, choose_dump(found.dumps, options.name));
    KDK_TRY(print_result(options.json ? show_json(*dump) : show_text(*dump)));
    return exit_codes::success;
}

Result<int> run_prune(const Options& options) {
    KDK_ASSIGN(const Found found, find(options, "prune"));
    const auto removals = choose_removals(found.dumps, found.settings.retention, std::time(nullptr));
    if (!options.dry_run) {
        KDK_TRY(remove_leftovers(found.folders));
        for (const Removal& removal : removals)
            KDK_TRY(remove_dump(*removal.dump));
    }
    KDK_TRY(print_result(options.json ? prune_json(removals, !options.dry_run)
                                      : prune_text(removals, !options.dry_run)));
    return exit_codes::success;
}

std::shared_ptr<Options> define(CLI::App& app) {
    auto options = std::make_shared<Options>();
    app.add_option("--config", options->config, "settings (default: /etc/kdumpkit.toml if it is there)")
        ->type_name("FILE");
    app.add_option("--folder", options->folders, "look there instead of at the settings' targets; repeatable")
        ->type_name("DIR");
    app.add_flag("--json", options->json, "as JSON");
    return options;
}

} // namespace

std::function<Result<int>()> define_list(CLI::App& app) {
    auto options = define(app);
    return [options] { return run_list(*options); };
}

std::function<Result<int>()> define_show(CLI::App& app) {
    auto options = define(app);
    app.add_option("DUMP", options->name, "its name as list shows it, or how it begins (default: latest)")
        ->type_name("");
    return [options] { return run_show(*options); };
}

std::function<Result<int>()> define_prune(CLI::App& app) {
    auto options = define(app);
    app.add_flag("--dry-run", options->dry_run, "say what would be removed, and why");
    app.footer(
        "The limits are retention.count, retention.days and retention.gib of the settings. The newest\n"
        "complete dump always stays.");
    return [options] { return run_prune(*options); };
}

} // namespace kdumpkit::admin
