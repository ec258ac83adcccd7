// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/boot_change.h"

#include "admin/reservation_text.h"
#include "admin/system_command.h"
#include "base/file.h"

#include <filesystem>

namespace kdumpkit::admin {
namespace {

namespace fs = std::filesystem;

Result<> carry_out(const BootPlan& plan, const std::string& root) {
    for (const FileChange& change : plan.changes) {
        if (change.remove) {
            std::error_code error;
            fs::remove(root + change.path, error);
            if (error)
                return fail(system_error("remove", change.path, error.value()));
        } else {
            KDK_TRY(write_file_atomically(root + change.path, change.after, 0644));
        }
    }
    if (root.empty())
        for (const auto& command : plan.commands)
            KDK_TRY(run_command(command, "mend that and run it again, or kdumpkit reserve --undo"));
    return {};
}

} // namespace

std::optional<ReservationRecord> read_reservation_record(const std::string& root) {
    return parse_reservation_record(read_text(root + ReservationRecord::path).value_or(std::string()));
}

Result<> apply_plan(const BootPlan& plan, const std::string& parameter, const std::string& root) {
    const std::string path = root + ReservationRecord::path;
    std::error_code error;
    fs::create_directories(parent_folder(path), error);
    KDK_TRY(write_file_atomically(path, to_json(record_of(plan, parameter, read_reservation_record(root))),
                                  0644));
    return carry_out(plan, root);
}

Result<> apply_undo(const BootPlan& plan, const std::string& root) {
    KDK_TRY(carry_out(plan, root));
    std::error_code error;
    fs::remove(root + ReservationRecord::path, error);
    return {};
}

} // namespace kdumpkit::admin
