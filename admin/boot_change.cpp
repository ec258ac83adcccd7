// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/boot_change.h"

#include "admin/reservation_text.h"
#include "admin/system_command.h"
#include "base/file.h"

#include <filesystem>

#include <sys/stat.h>

namespace kdumpkit::admin {
namespace {

namespace fs = std::filesystem;

Result<> put(const std::string& path, const std::string& text, bool remove) {
    if (!remove)
        return write_file_atomically(path, text, 0644);
    std::error_code error;
    fs::remove(path, error);
    if (error)
        return fail(system_error("remove", path, error.value()).from(ErrorSide::destination));
    return {};
}

// `changed`: how many of the files, for restore().
Result<> change_files(const BootPlan& plan, const std::string& root, std::size_t& changed) {
    for (; changed < plan.changes.size(); ++changed) {
        const FileChange& change = plan.changes[changed];
        KDK_TRY(put(root + change.path, change.after, change.remove));
    }
    if (root.empty())
        for (const auto& command : plan.commands)
            KDK_TRY(run_command(command, "mend that and run it again"));
    return {};
}

// All or nothing: a file that cannot be written and a command that fails (a full /boot) bring back what was
// changed before. What fails here as well is not said: the first failure is.
void restore(const BootPlan& plan, const std::string& root, std::size_t changed) {
    while (changed-- > 0) {
        const FileChange& change = plan.changes[changed];
        (void)put(root + change.path, change.before, !change.exists);
    }
}

Result<> carry_out(const BootPlan& plan, const std::string& root) {
    std::size_t changed = 0;
    auto done = change_files(plan, root, changed);
    if (!done)
        restore(plan, root, changed);
    return done;
}

} // namespace

Result<Fd> lock_boot_settings() {
    ::mkdir("/run/kdumpkit", 0755);
    return lock_file("/run/kdumpkit/reserve.lock");
}

std::optional<ReservationRecord> read_reservation_record(const std::string& root) {
    return parse_reservation_record(read_text(root + ReservationRecord::path).value_or(std::string()));
}

std::optional<ReservationRecord> read_standing_reservation(const std::string& root) {
    auto record = read_reservation_record(root);
    if (!record)
        return std::nullopt;
    const auto again = plan_boot(read_boot_tree(root), record->parameter);
    return !again || again->changes.empty() ? record : std::nullopt; // what cannot be read is no proof
}

Result<> apply_plan(const BootPlan& plan, const std::string& parameter, const std::string& root) {
    const std::string path = root + ReservationRecord::path;
    std::error_code error;
    fs::create_directories(parent_folder(path), error);
    const auto earlier = read_text(path);
    KDK_TRY(write_file_atomically(path, to_json(record_of(plan, parameter, read_reservation_record(root))),
                                  0644));
    auto done = carry_out(plan, root);
    if (!done) // otherwise it would be said that the next boot has the reservation
        (void)put(path, earlier.value_or(std::string()), !earlier);
    return done;
}

Result<> apply_undo(const BootPlan& plan, const std::string& root) {
    KDK_TRY(carry_out(plan, root));
    std::error_code error;
    fs::remove(root + ReservationRecord::path, error);
    return {};
}

} // namespace kdumpkit::admin
