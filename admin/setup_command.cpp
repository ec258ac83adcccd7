// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/setup_command.h"

#include "admin/estimate_machine.h"
#include "admin/setup_run.h"
#include "base/log.h"
#include "base/output.h"

#include <memory>

#include <CLI/CLI.hpp>

namespace kdumpkit::admin {
namespace {

struct Options {
    std::string size;
    SetupWish wish;
    bool json = false, undo = false;
};

Result<int> run_setup(const Options& options) {
    SetupWish wish = options.wish;
    if (options.undo && (!options.size.empty() || wish.take_over))
        return fail(make_error(ErrorKind::invalid, "use", options.size.empty() ? "--take-over" : "--size",
                               "--undo takes back what was done")
                        .then("leave one of them out"));
    if (!options.size.empty() && options.size != "auto") {
        const ReservationSize size{options.size, false, {}};
        KDK_ASSIGN(wish.parameter, reservation_parameter(size));
        KDK_TRY(check_fits_here(size));
    }
    SetupReport report;
    report.undo = options.undo;
    const auto done =
        options.undo ? take_back(wish, report) : set_up(wish, report, stderr_log("kdumpkit setup"));
    if (!done) {
        // What was done before stays done, and is said.
        report.failure = done.error();
        (void)print_result(options.json ? to_json(report) : steps_text(report));
        return fail(done.error());
    }
    KDK_TRY(print_result(options.json ? to_json(report) : to_text(report),
                         "everything is done, only this could not be said"));
    return exit_codes::success;
}

} // namespace

std::function<Result<int>()> define_setup(CLI::App& app) {
    auto options = std::make_shared<Options>();
    app.add_option("--size", options->size,
                   "memory to reserve, such as 192M (default: auto, what kdumpkit estimate recommends)")
        ->type_name("SIZE");
    app.add_flag("--take-over", options->wish.take_over, "disable the services of another kdump");
    app.add_flag("--undo", options->undo, "take back what setup did; settings and dumps stay");
    app.add_flag("--dry-run", options->wish.dry_run, "say what would be done, change nothing");
    app.add_flag("--json", options->json, "as JSON");
    app.footer("What is done already stays as it is, so it can be run again, also after the reboot. Exit "
               "code 0 even\n"
               "when a reboot remains; kdumpkit status tells whether the machine is armed.");
    return [options] { return run_setup(*options); };
}

} // namespace kdumpkit::admin
