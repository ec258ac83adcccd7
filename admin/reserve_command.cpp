// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/reserve_command.h"

#include "admin/boot_change.h"
#include "admin/estimate_machine.h"
#include "admin/reservation_text.h"
#include "base/output.h"
#include "loader/machine.h"

#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <unistd.h>

namespace kdumpkit::admin {
namespace {

struct Options {
    std::string size, root;
    bool dry_run = false, undo = false;
};

Result<std::string> choose_parameter(const Options& options) {
    if (options.undo)
        return std::string();
    if (options.size != "auto") {
        KDK_TRY(parse_size(options.size));
        return "crashkernel=" + options.size;
    }
    if (!options.root.empty())
        return fail(
            make_error(ErrorKind::invalid, "use", "auto", "it looks at the running machine, not at --root")
                .then("give a size, such as 192M"));
    KDK_ASSIGN(const EstimateInputs inputs, gather_estimate(""));
    return fmt::format("crashkernel={}M", estimate_reservation(inputs).recommended >> 20);
}

Result<int> show_state(const Options& options) {
    const auto record = read_reservation_record(options.root);
    KDK_ASSIGN(const loader::Machine machine, loader::gather_machine("/"));
    KDK_ASSIGN(const std::uint64_t reserved, reserved_now());
    KDK_TRY(print_result(granted_text(machine.command_line, reserved, record ? record->parameter : "")));
    return reserved == 0 ? exit_codes::absent : exit_codes::success;
}

Result<int> run_reserve(const Options& options) {
    if (options.size.empty() && !options.undo)
        return show_state(options);
    if (!options.size.empty() && options.undo)
        return fail(
            make_error(ErrorKind::invalid, "use --undo", {}, "it takes no size").then("leave the size out"));
    if (!options.dry_run && options.root.empty() && ::geteuid() != 0)
        return fail(make_error(ErrorKind::invalid, "change", "the boot loader's settings", "this needs root")
                        .then("run it with sudo, or look at it with --dry-run"));
    KDK_ASSIGN(const std::string parameter, choose_parameter(options));
    const auto before = read_reservation_record(options.root);
    if (options.undo && !before)
        return fail(make_error(ErrorKind::absent, "undo", options.root + ReservationRecord::path,
                               "kdumpkit reserve has written nothing on this machine")
                        .then("kdumpkit reserve tells what is reserved"));
    const BootTree tree = read_boot_tree(options.root);
    KDK_ASSIGN(const BootPlan plan, options.undo ? plan_undo(tree, *before) : plan_boot(tree, parameter));
    std::string text = to_text(plan);
    if (plan.changes.empty())
        text += "nothing to change\n";
    if (options.dry_run) {
        KDK_TRY(print_result(text + "nothing was written\n"));
        return exit_codes::success;
    }
    KDK_TRY(options.undo ? apply_undo(plan, options.root) : apply_plan(plan, parameter, options.root));
    if (!plan.changes.empty())
        text += options.undo
                    ? "next: reboot; until then the memory stays reserved\n"
                    : fmt::format("next: reboot; then kdumpkit reserve tells whether the kernel granted {}\n",
                                  parameter);
    KDK_TRY(print_result(text, "the boot loader's settings are changed, only this could not be said"));
    return exit_codes::success;
}

} // namespace

std::function<Result<int>()> define_reserve(CLI::App& app) {
    auto options = std::make_shared<Options>();
    app.add_option("SIZE", options->size, "such as 192M, or auto for what kdumpkit estimate recommends")
        ->type_name("");
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
