// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/boot_change.h"

#include "admin/grub_menu.h"
#include "admin/grub_settings.h"
#include "admin/grub_verdict.h"
#include "admin/system_command.h"
#include "base/file.h"
#include "base/inside_root.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <utility>

#include <fmt/format.h>
#include <sys/stat.h>

namespace kdumpkit::admin {
namespace {

namespace fs = std::filesystem;
constexpr std::size_t menu_limit = std::size_t{16} << 20;

bool has_line(std::string_view text, const std::optional<std::string>& line) {
    const LineEdits lines = lines_of(text);
    return std::any_of(lines.begin(), lines.end(), [&](const LineEdit& one) { return one.before == line; });
}

// The one that has made the line what it is now; texts may be there twice.
LineEdits::iterator edit_of(const LineEdit& line, LineEdits& edits) {
    const auto find = [&](bool same_place) {
        return std::find_if(edits.begin(), edits.end(), [&](const LineEdit& one) {
            return line.before && one.after == line.before && (!same_place || one.number == line.number);
        });
    };
    const auto found = find(true);
    return found != edits.end() ? found : find(false);
}

// Of a line that has it from elsewhere, as a new kernel's entry has it from /etc/kernel/cmdline.
std::string without_parameter(std::string line, const std::string& parameter) {
    const auto separates = [&](std::size_t at) {
        return at >= line.size() || std::string_view(" \t\r\"'=").find(line[at]) != std::string_view::npos;
    };
    for (std::size_t at = line.find(parameter); at != std::string::npos; at = line.find(parameter, at + 1)) {
        // "crashkernel=192M,high" is another word.
        if (!separates(at + parameter.size()) || (at > 0 && !separates(at - 1)))
            continue;
        const std::size_t blank = at > 0 && line[at - 1] == ' ' ? 1 : 0;
        return line.erase(at - blank, parameter.size() + blank);
    }
    return line;
}

Result<> put(const std::string& root, const std::string& name, const std::string& text, bool remove) {
    KDK_ASSIGN(const std::string path, inside_root(root, name));
    if (!remove)
        return replace_file_atomically(path, text);
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
        KDK_TRY(put(root, change.path, change.after, change.remove));
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
        (void)put(root, change.path, change.before, !change.exists);
    }
}

Result<> carry_out(const BootPlan& plan, const std::string& root) {
    std::size_t changed = 0;
    auto done = change_files(plan, root, changed);
    if (!done)
        restore(plan, root, changed);
    return done;
}

// What GRUB's commands made without a failure, and does not have what it should, or with `undo` has it still.
std::vector<std::string> doubts_of_commands(const BootPlan& plan, const std::string& parameter, bool undo) {
    const bool in_settings = undo && judge_grub(grub_files(read_boot_tree("")), parameter).taken;
    std::vector<std::string> doubts;
    for (const auto& command : plan.commands) {
        const std::string path = grub_menu_path(command);
        const auto menu = path.empty() ? Result<std::string>() : read_text(path, menu_limit);
        const std::string doubt = !menu  ? std::string()
                                  : undo ? doubt_of_undone_menu(path, *menu, parameter, in_settings)
                                         : doubt_of_grub_menu(path, *menu, parameter);
        if (!doubt.empty())
            doubts.push_back(doubt);
    }
    return doubts;
}

} // namespace

Result<Fd> lock_boot_settings(const std::string& root) {
    if (!root.empty())
        return lock_folder(root).value_or(Fd()); // on NFS without
    ::mkdir("/run/kdumpkit", 0755);
    return lock_file("/run/kdumpkit/reserve.lock");
}

std::optional<ReservationRecord> read_standing_reservation(const std::string& root) {
    const auto record = read_reservation_record(root);
    if (!record || !*record)
        return std::nullopt;
    const std::string& parameter = (*record)->parameter;
    const BootTree tree = read_boot_tree(root);
    if (!stands(tree, parameter))
        return std::nullopt;
    if (auto plan = plan_boot(tree, parameter)) {
        resume_commands(*plan, parameter, false, root);
        if (!plan->commands.empty())
            return std::nullopt;
    }
    return *record;
}

void resume_commands(BootPlan& plan, std::string_view parameter, bool undo, const std::string& root) {
    for (const auto& command : plan.held) {
        const std::string name = grub_menu_path(command);
        if (name.empty())
            continue;
        const auto path = inside_root(root, name);
        const auto menu = path ? read_text(*path, menu_limit) : Result<std::string>(Failure(path.error()));
        if (!menu) {
            // After an undo nobody looks for it again.
            std::error_code error;
            const bool none = menu.error().kind == ErrorKind::absent && path &&
                              fs::is_directory(parent_folder(*path), error);
            if (undo && !none)
                plan.notes.push_back(fmt::format("{} cannot be looked at; if it still has {}, run: {}", name,
                                                 parameter, fmt::join(command, " ")));
            continue;
        }
        if (undo ? !grub_menu_has(*menu, parameter) : doubt_of_grub_menu(name, *menu, parameter).empty())
            continue;
        plan.notes.push_back(undo ? fmt::format("{} still has {}", name, parameter)
                                  : fmt::format("{} does not have {} yet", name, parameter));
        plan.commands.push_back(command);
    }
}

ReservationRecord record_of(const BootPlan& plan, std::string parameter,
                            const std::optional<ReservationRecord>& before) {
    ReservationRecord record{std::move(parameter), {}};
    if (before)
        record.files = before->files;
    else
        record.files = plan.kept; // somebody else's, to be kept by --undo as well
    for (const FileChange& change : plan.changes) {
        if (change.path == boot_paths::grub_dropin)
            continue; // ours as a whole
        LineEdits earlier = std::exchange(record.files[change.path], {});
        for (LineEdit line : change.lines) {
            const auto known = edit_of(line, earlier);
            if (known != earlier.end()) {
                line.before = known->before;
                earlier.erase(known);
            } else if (before && line.before) {
                line.before = without_parameter(*line.before, before->parameter);
            }
            record.files[change.path].push_back(std::move(line));
        }
        for (LineEdit& line : earlier) // of lines that stay as they are
            if (has_line(change.after, line.after))
                record.files[change.path].push_back(std::move(line));
    }
    return record;
}

Result<std::vector<std::string>> apply_plan(const BootPlan& plan, const std::string& parameter,
                                            const std::optional<ReservationRecord>& before,
                                            const std::string& root) {
    KDK_ASSIGN(const std::string path, inside_root(root, ReservationRecord::path));
    std::error_code error;
    fs::create_directories(parent_folder(path), error);
    if (error)
        return fail(system_error("make the folder", parent_folder(path), error.value())
                        .from(ErrorSide::destination)
                        .then(error.value() == EACCES ? "run it with sudo" : "make it, and run this again"));
    const auto earlier = read_text(path); // also of a record that is none
    KDK_TRY(write_file_atomically(path, to_json(record_of(plan, parameter, before)), 0644));
    auto done = carry_out(plan, root);
    if (!done) // otherwise it would be said that the next boot has the reservation
        (void)put("", path, earlier.value_or(std::string()), !earlier);
    KDK_TRY(done);
    if (!stands(read_boot_tree(root), parameter))
        return fail(make_error(ErrorKind::system, "reserve", parameter,
                               "it is written, and the boot loader's settings do not have it")
                        .then("kdumpkit reserve --undo, and look at what else changes these files"));
    return root.empty() ? doubts_of_commands(plan, parameter, false) : std::vector<std::string>();
}

Result<std::vector<std::string>> apply_undo(const BootPlan& plan, ReservationRecord record,
                                            const std::string& root) {
    KDK_TRY(carry_out(plan, root));
    std::erase_if(record.files, [&](const auto& file) {
        return std::find(plan.unseen.begin(), plan.unseen.end(), file.first) == plan.unseen.end();
    });
    KDK_TRY(put(root, ReservationRecord::path, to_json(record), record.files.empty()));
    return root.empty() ? doubts_of_commands(plan, record.parameter, true) : std::vector<std::string>();
}

} // namespace kdumpkit::admin
