// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/record_command.h"

#include "admin/local_dumps.h"
#include "admin/machine_names.h"
#include "admin/notify.h"
#include "admin/pruning.h"
#include "admin/record.h"
#include "base/file.h"
#include "base/log.h"
#include "base/output.h"
#include "config/settings_file.h"

#include <ctime>
#include <filesystem>
#include <memory>

#include <CLI/CLI.hpp>

namespace kdumpkit::admin {
namespace {

Result<> write_recorded(const RecordedDumps& recorded) {
    std::error_code error;
    std::filesystem::create_directories(parent_folder(RecordedDumps::path), error);
    return write_file_atomically(RecordedDumps::path, to_text(recorded), 0600);
}

// kdumpkit-forward.service runs after this: what a server is still to get stays until it has it.
Result<> prune(LocalDumps local, const RecordedDumps& before, const Settings& settings, const Log& log) {
    if (const std::size_t others = leave_to_others(local.dumps, names_of_this_machine()); others > 0)
        log.info(
            "other machines' dumps, which stay: {} (kdumpkit prune --all-hosts counts and removes them, too)",
            others);
    KDK_TRY(remove_leftovers(local.folders));
    const Pruning pruning = plan_pruning(local.dumps, settings, std::time(nullptr),
                                         [&](const Dump& dump) { return only_looks_old(dump, before); });
    for (const Dump* dump : pruning.waiting)
        log.info("keeps {} until it is shipped", dump->folder);
    for (const Removal& removal : pruning.removals) {
        log.info("removes {}: {}", removal.dump->folder, removal.reason);
        KDK_TRY(remove_dump(*removal.dump));
    }
    return {};
}

Result<int> run_record(const std::string& config) {
    const Log log = stderr_log("kdumpkit record");
    KDK_ASSIGN(const SettingsFile file, read_settings_file(config));
    KDK_ASSIGN(LocalDumps local, find_local_dumps(file.settings));
    for (const std::string& reason : local.unseen)
        log.warning("not looked at: {}", reason);
    const RecordedDumps before =
        parse_recorded(read_text(RecordedDumps::path, std::size_t{16} << 20).value_or(std::string()));
    RecordedDumps after; // only what is still there, so that the file does not grow for ever
    std::string told;
    for (auto dump = local.dumps.rbegin(); dump != local.dumps.rend(); ++dump) {
        after.folders.insert(dump->folder);
        if (before.folders.contains(dump->folder))
            continue;
        const JournalFields entry = journal_entry(*dump);
        if (const auto sent = send_to_journal(entry); !sent)
            log.warning("{}", sent.error().message());
        told += entry.front().second + "\n";
        for (const std::string& program : file.settings.notify)
            if (const auto started = notify(program, dump->folder, entry); !started)
                log.warning("{}", started.error().message());
    }
    if (after.folders != before.folders)
        KDK_TRY(write_recorded(after));
    KDK_TRY(prune(std::move(local), before, file.settings, log));
    KDK_TRY(print_result(told.empty() ? "nothing new was captured\n" : told));
    return exit_codes::success;
}

} // namespace

std::function<Result<int>()> define_record(CLI::App& app) {
    auto config = std::make_shared<std::string>();
    app.add_option("--config", *config, "settings (default: /etc/kdumpkit.toml if it is there)")
        ->type_name("FILE");
    app.footer("kdumpkit-record.service runs this at boot; it removes dumps as kdumpkit prune does.");
    return [config] { return run_record(*config); };
}

} // namespace kdumpkit::admin
