// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/dumps_command.h"

#include "admin/dumps_report.h"
#include "admin/local_dumps.h"
#include "admin/machine_names.h"
#include "admin/pruning.h"
#include "base/log.h"
#include "base/output.h"
#include "config/dumps.h"
#include "config/retention.h"
#include "config/settings_file.h"

#include <cerrno>
#include <ctime>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace kdumpkit::admin {
namespace {

struct Options {
    std::string config, name = "latest";
    std::vector<std::string> folders;
    bool json = false, dry_run = false, unshipped = false, all_hosts = false;
};

// The dumps that the options or the settings mean.
struct Found {
    Settings settings;
    LocalDumps local;
};

Result<Found> find(const Options& options, const char* command) {
    Found found;
    KDK_ASSIGN(SettingsFile file, read_settings_file(options.config));
    found.settings = std::move(file.settings);
    if (!options.folders.empty()) {
        found.local.folders = options.folders;
        KDK_ASSIGN(found.local.dumps, find_named_dumps(options.folders));
        return found;
    }
    KDK_ASSIGN(found.local, find_local_dumps(found.settings));
    const Log log = stderr_log(fmt::format("kdumpkit {}", command));
    for (const std::string& reason : found.local.unseen)
        log.warning("not looked at: {}", reason);
    return found;
}

Result<int> run_list(const Options& options) {
    KDK_ASSIGN(const Found found, find(options, "list"));
    const auto& [folders, unseen, dumps] = found.local;
    KDK_TRY(print_result(options.json ? list_json(dumps, folders) : list_text(dumps, folders)));
    return exit_codes::success;
}

Result<int> run_show(const Options& options) {
    KDK_ASSIGN(const Found found, find(options, "show"));
    KDK_ASSIGN(const Dump* dump, choose_dump(found.local.dumps, options.name, std::time(nullptr)));
    KDK_TRY(print_result(options.json ? show_json(*dump) : show_text(*dump)));
    return exit_codes::success;
}

// The first failure, after all others are gone; those that stay are taken out.
Result<> remove_all(std::vector<Removal>& removals) {
    Result<> first;
    std::erase_if(removals, [&](const Removal& removal) {
        auto removed = remove_dump(*removal.dump);
        if (!removed && first)
            first = std::move(removed).map_error([](Error error) {
                const bool sudo = error.errno_value == EACCES;
                return std::move(error).then(sudo ? "run it with sudo"
                                                  : "see who may remove it (lsattr -d), and run this again");
            });
        return !removed;
    });
    return first;
}

Result<int> run_prune(const Options& options) {
    KDK_ASSIGN(Found found, find(options, "prune"));
    const std::int64_t now = std::time(nullptr);
    const std::size_t others =
        options.all_hosts ? 0 : leave_to_others(found.local.dumps, names_of_this_machine());
    if (others > 0)
        stderr_log("kdumpkit prune")
            .info("other machines' dumps, which stay: {}; --all-hosts counts and removes them, too", others);
    Pruning pruning = plan_pruning(found.local.dumps, found.settings, now);
    if (options.unshipped)
        pruning = {choose_removals(found.local.dumps, found.settings.retention, now), {}};
    for (const Dump* dump : pruning.waiting)
        stderr_log("kdumpkit prune")
            .info("{} stays until it is shipped; --unshipped removes it as well", dump->folder);
    std::vector<Removal>& removals = pruning.removals;
    Result<> removed;
    if (!options.dry_run) {
        KDK_TRY(remove_leftovers(found.local.folders));
        removed = remove_all(removals);
    }
    if (!removed && removals.empty())
        return fail(removed.error());
    KDK_TRY(print_result(options.json ? prune_json(removals, !options.dry_run)
                                      : prune_text(removals, !options.dry_run)));
    KDK_TRY(removed);
    return exit_codes::success;
}

std::shared_ptr<Options> define(CLI::App& app) {
    auto options = std::make_shared<Options>();
    app.add_option("--config", options->config, "settings (default: /etc/kdumpkit.toml if it is there)")
        ->type_name("FILE");
    app.add_option("--folder", options->folders, "look there instead of at the settings' targets; repeatable")
        ->type_name("DIR")
        ->allow_extra_args(false);
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
    app.add_flag("--unshipped", options->unshipped,
                 "remove also what a server of the settings does not have yet");
    app.add_flag("--all-hosts", options->all_hosts,
                 "count and remove also what other machines left in a folder that they share");
    app.footer(
        "The limits are retention.count, retention.days and retention.gib of the settings. The newest\n"
        "complete dump always stays, and so does what kdumpkit forward has still to ship.");
    return [options] { return run_prune(*options); };
}

} // namespace kdumpkit::admin
