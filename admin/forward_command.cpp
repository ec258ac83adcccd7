// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/forward_command.h"

#include "admin/forward.h"
#include "admin/local_dumps.h"
#include "base/interrupt.h"
#include "base/output.h"
#include "config/settings_file.h"

#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace kdumpkit::admin {
namespace {

struct Options {
    std::string config, sender = "kdump-send";
    std::vector<std::string> folders;
    bool dry_run = false;
};

Result<std::vector<Dump>> find_them(const Options& options, const Settings& settings, const Log& log) {
    if (!options.folders.empty())
        return find_named_dumps(options.folders);
    KDK_ASSIGN(LocalDumps local, find_local_dumps(settings));
    for (const std::string& reason : local.unseen)
        log.warning("not looked at: {}", reason);
    return std::move(local.dumps);
}

Result<int> run_forward(const Options& options) {
    const Log log = stderr_log("kdumpkit forward");
    KDK_ASSIGN(const SettingsFile file, read_settings_file(options.config));
    KDK_ASSIGN(const auto dumps, find_them(options, file.settings, log));
    watch_interrupts();
    std::string text;
    std::optional<Error> failed; // one that cannot be shipped must not hold up the others
    for (const Shipment& shipment : plan_shipments(dumps, file.settings)) {
        if (options.dry_run) {
            text += fmt::format("would ship {} to {}\n", shipment.dump->folder, shipment.target.url());
            continue;
        }
        if (const auto shipped = ship(shipment, options.sender, log))
            text += fmt::format("shipped {} to {}\n", shipment.dump->folder, shipment.target.url());
        else {
            log.error("{}", shipped.error().message());
            failed = shipped.error();
        }
        if (interrupted() != 0)
            break;
    }
    KDK_TRY(print_result(text.empty() && !failed ? "nothing to ship\n" : text));
    return failed ? exit_code(*failed) : exit_codes::success;
}

} // namespace

std::function<Result<int>()> define_forward(CLI::App& app) {
    auto options = std::make_shared<Options>();
    app.add_option("--config", options->config, "settings (default: /etc/kdumpkit.toml if it is there)")
        ->type_name("FILE");
    app.add_option("--folder", options->folders, "look there instead of at the settings' targets; repeatable")
        ->type_name("DIR")
        ->allow_extra_args(false);
    app.add_option("--sender", options->sender, "the program that sends (default: kdump-send)")
        ->type_name("PROGRAM");
    app.add_flag("--dry-run", options->dry_run, "say what would be shipped");
    app.footer(
        "Dumps in folders and on raw partitions go to every server of the settings, NFS too.\n"
        "kdumpkit-forward.service runs this at boot. A dump that was shipped has a shipped.json beside it;\n"
        "a raw partition that was shipped from may be written over by the next capture.");
    return [options] { return run_forward(*options); };
}

} // namespace kdumpkit::admin
