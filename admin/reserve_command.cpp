// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/reserve_command.h"

#include "admin/boot_change.h"
#include "admin/estimate_machine.h"
#include "admin/reservation_picture.h"
#include "admin/reservation_text.h"
#include "admin/reserve_options.h"
#include "admin/shrink.h"
#include "base/output.h"
#include "base/progress.h"
#include "loader/machine.h"

#include <filesystem>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <unistd.h>

namespace kdumpkit::admin {
namespace {

// "auto" in numbers, and no more than this machine has; what --root has is not known.
Result<ReservationSize> choose_size(const ReserveOptions& options) {
    ReservationSize size = options.size;
    if (size.size == "auto" && !options.root.empty())
        return fail(
            make_error(ErrorKind::invalid, "use", "auto", "it looks at the running machine, not at --root")
                .then("give a size, such as 192M"));
    if (size.size == "auto") {
        KDK_ASSIGN(const EstimateInputs inputs, gather_estimate(""));
        size.size = fmt::format("{}M", estimate_reservation(inputs).recommended >> 20);
    }
    if (options.root.empty())
        KDK_TRY(check_fits_here(size));
    return size;
}

Result<int> show_state() {
    const auto record = read_standing_reservation("");
    KDK_ASSIGN(const loader::Machine machine, loader::gather_machine("/"));
    KDK_ASSIGN(const std::uint64_t reserved, reserved_now());
    KDK_TRY(print_result(granted_text(machine.command_line, reserved, record ? record->parameter : "")));
    return reserved == 0 ? exit_codes::absent : exit_codes::success;
}

Result<int> shrink(const ReserveOptions& options) {
    KDK_ASSIGN(const std::uint64_t wanted, parse_size(options.shrink, "--shrink"));
    KDK_ASSIGN(const loader::Machine machine, loader::gather_machine("/"));
    if (options.dry_run) {
        KDK_TRY(check_shrink(machine, wanted));
        KDK_TRY(print_result(fmt::format("would leave {} reserved until the next boot\nnothing was written\n",
                                         human_bytes(wanted))));
        return exit_codes::success;
    }
    KDK_TRY(loader::require_root(machine, "shrink the reservation of", loader::KexecPurpose::capture));
    KDK_ASSIGN(const std::string said, shrink_reservation(machine, wanted));
    KDK_TRY(print_result(said, "the reservation is smaller, only this could not be said"));
    return exit_codes::success;
}

Result<int> show_picture() {
    KDK_ASSIGN(const loader::Machine machine, loader::gather_machine("/"));
    KDK_ASSIGN(const auto iomem, loader::parse_iomem(machine.iomem));
    KDK_TRY(print_result(reservation_picture(iomem)));
    return loader::crash_kernel_ranges(iomem).empty() ? exit_codes::absent : exit_codes::success;
}

Result<> check_undo(const Result<std::optional<ReservationRecord>>& found, const ReserveOptions& options) {
    if (!found)
        return fail(found.error());
    if (!*found)
        return fail(make_error(ErrorKind::absent, "undo", options.root + ReservationRecord::path,
                               "kdumpkit reserve has written nothing on this machine")
                        .then("kdumpkit reserve tells what is reserved"));
    return {};
}

Result<int> change_settings(const ReserveOptions& options) {
    std::string parameter;
    if (!options.undo) {
        KDK_ASSIGN(const ReservationSize size, choose_size(options));
        KDK_ASSIGN(parameter, reservation_parameter(size));
    }
    const auto found = read_reservation_record(options.root);
    if (options.undo)
        KDK_TRY(check_undo(found, options));
    const std::optional<ReservationRecord> record = found ? *found : std::nullopt;
    const BootTree tree = read_boot_tree(options.root);
    KDK_ASSIGN(BootPlan plan, options.undo ? plan_undo(tree, *record) : plan_boot(tree, parameter));
    if (!found)
        plan.notes.push_back(fmt::format("{}: {}; it is written anew, and what it had for --undo is lost",
                                         found.error().object, found.error().reason));
    resume_commands(plan, options.undo ? record->parameter : parameter, options.undo, options.root);
    if (!options.root.empty()) {
        for (const auto& command : plan.commands)
            plan.by_hand.push_back(fmt::format("run there: {}", fmt::join(command, " ")));
        plan.commands.clear();
    }
    std::string text = to_text(plan);
    const bool changes = !plan.changes.empty() || !plan.commands.empty() || !plan.by_hand.empty();
    if (!changes)
        text += options.undo ? "nothing is left to take back\n" : "nothing to change\n";
    if (options.dry_run) {
        KDK_TRY(print_result(text + "nothing was written\n"));
        return exit_codes::success;
    }
    KDK_ASSIGN(const auto doubts, options.undo ? apply_undo(plan, *record, options.root)
                                               : apply_plan(plan, parameter, record, options.root));
    for (const std::string& doubt : doubts)
        text += fmt::format("warning: {}\n", doubt);
    for (const std::string& step : plan.by_hand)
        text += fmt::format("next: {}\n", step);
    if (changes)
        text += options.undo
                    ? "next: reboot; until then the memory stays reserved\n"
                    : fmt::format("next: reboot; then kdumpkit reserve tells whether the kernel granted {}\n",
                                  parameter);
    KDK_TRY(print_result(text, "the boot loader's settings are changed, only this could not be said"));
    return exit_codes::success;
}

Result<int> run_reserve(const ReserveOptions& options) {
    KDK_TRY(check_options(options));
    if (!options.shrink.empty())
        return shrink(options);
    if (options.show)
        return show_picture();
    if (options.size.size.empty() && !options.undo)
        return show_state();
    if (!options.dry_run && options.root.empty() && ::geteuid() != 0)
        return fail(make_error(ErrorKind::invalid, "change", "the boot loader's settings", "this needs root")
                        .then("run it with sudo, or look at it with --dry-run"));
    std::error_code error;
    if (!options.root.empty() && !std::filesystem::is_directory(options.root, error))
        return fail(
            make_error(ErrorKind::absent, "change the system in", options.root, "there is no such folder")
                .then("name the folder that has its /etc and /boot"));
    Fd lock;
    if (!options.dry_run) {
        KDK_ASSIGN(lock, lock_boot_settings(options.root));
    }
    return change_settings(options);
}

} // namespace

std::function<Result<int>()> define_reserve(CLI::App& app) {
    auto options = std::make_shared<ReserveOptions>();
    app.add_option("SIZE", options->size.size, "such as 192M, or auto for what kdumpkit estimate recommends")
        ->type_name("");
    app.add_flag("--high", options->size.high, "above 4 GiB, with 72 MiB below for 32-bit devices");
    app.add_option("--cma", options->size.cma,
                   "besides, SIZE that the running kernel uses until the panic (since Linux 6.17)")
        ->type_name("SIZE");
    app.add_option("--shrink", options->shrink, "give back all but SIZE until the next boot")
        ->type_name("SIZE");
    app.add_flag("--show", options->show, "draw where the reservation lies in memory");
    app.add_flag("--dry-run", options->dry_run, "show the change, write nothing");
    app.add_flag("--undo", options->undo, "take away what kdumpkit reserve wrote");
    app.add_option("--root", options->root, "change the system in this folder; no command is run there")
        ->type_name("DIR");
    app.footer(
        "Without SIZE: what this boot asked for and what the kernel granted; exit code 3 for nothing.\n"
        "It knows GRUB (Debian, Fedora, SUSE), boot loader entries (systemd-boot, Fedora) and extlinux.");
    return [options] { return run_reserve(*options); };
}

} // namespace kdumpkit::admin
