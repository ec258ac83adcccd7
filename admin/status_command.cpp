// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/status_command.h"

#include "admin/arm_record.h"
#include "admin/local_folders.h"
#include "admin/status_report.h"
#include "base/file.h"
#include "base/output.h"
#include "config/dumps.h"
#include "config/settings_file.h"
#include "loader/status.h"

#include <memory>

#include <CLI/CLI.hpp>

namespace kdumpkit::admin {
namespace {

// Only root can look into the folders of dumps; for others there is none.
std::optional<Dump> last_dump() {
    const auto file = read_settings_file("");
    if (!file)
        return std::nullopt;
    const auto dumps = find_dumps(find_local_folders(file->settings).paths);
    return dumps && !dumps->empty() ? std::optional(dumps->front()) : std::nullopt;
}

Result<int> run_status(bool json) {
    KDK_ASSIGN(const loader::Machine machine, loader::gather_machine("/"));
    const auto note = [](loader::KexecPurpose purpose) {
        return read_text(loader::LoadRecord::path(purpose)).value_or(std::string());
    };
    const loader::Status status =
        loader::make_status(machine, note(loader::KexecPurpose::capture), note(loader::KexecPurpose::reboot));
    const AdminStatus more{parse_arm_record(read_text(ArmRecord::path).value_or(std::string())), last_dump()};
    KDK_TRY(print_result(json ? with_admin_status(loader::to_json(status), more)
                              : loader::to_text(status, to_text(more))));
    return status.armed ? exit_codes::success : exit_codes::absent;
}

} // namespace

std::function<Result<int>()> define_status(CLI::App& app) {
    auto json = std::make_shared<bool>(false);
    app.add_flag("--json", *json, "as JSON");
    app.footer("Exit codes: 0 armed, 3 not armed.");
    return [json] { return run_status(*json); };
}

} // namespace kdumpkit::admin
