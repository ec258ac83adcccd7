// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/arm_command.h"

#include "admin/arm.h"
#include "admin/journal.h"
#include "base/file.h"
#include "base/output.h"
#include "base/progress.h"
#include "loader/machine.h"

#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace kdumpkit::admin {
namespace {

std::string plan_text(const ArmRecord& record) {
    std::string text = fmt::format("would load {} with {}\n", record.kernel, record.image);
    if (record.rebuilt_because.empty())
        return text + "the initramfs is fresh\n";
    text += "would make the initramfs anew:\n";
    for (const std::string& reason : record.rebuilt_because)
        text += "  " + reason + "\n";
    return text;
}

Result<int> run_arm(const ArmWish& wish) {
    KDK_ASSIGN(const loader::Machine machine, loader::gather_machine("/"));
    KDK_TRY(loader::require_root(machine, "arm", loader::KexecPurpose::capture));
    KDK_ASSIGN(const Fd lock, lock_arming());
    const Log log = stderr_log("kdumpkit arm");
    ArmRecord record;
    const auto armed = arm(wish, record, log);
    if (wish.dry_run) {
        KDK_TRY(armed);
        KDK_TRY(print_result(plan_text(record)));
        return exit_codes::success;
    }
    if (!armed) {
        record.failure = armed.error().message();
        // A monitor looks for the ID; the words are on standard error as well.
        (void)send_to_journal({{"MESSAGE", "kdumpkit arm: " + record.failure},
                               {"MESSAGE_ID", message_ids::not_armed},
                               {"PRIORITY", "3"},
                               {"SYSLOG_IDENTIFIER", "kdumpkit"}});
    }
    if (const auto noted = write_file_atomically(ArmRecord::path, to_json(record)); !noted)
        log.warning("kdumpkit status will not know of this: {}", noted.error().message());
    KDK_TRY(armed);
    return exit_codes::success;
}

} // namespace

std::function<Result<int>()> define_arm(CLI::App& app) {
    auto wish = std::make_shared<ArmWish>();
    app.add_option("--config", wish->config, "settings (default: /etc/kdumpkit.toml if it is there)")
        ->type_name("FILE");
    app.add_flag("--rebuild", wish->rebuild, "make the initramfs anew even if nothing changed");
    app.add_flag("--dry-run", wish->dry_run, "say what would be done, and why");
    app.footer("kdumpkit.service runs this at boot. The initramfs is /var/lib/kdumpkit/capture.img.");
    return [wish] { return run_arm(*wish); };
}

} // namespace kdumpkit::admin
