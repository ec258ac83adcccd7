// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/reserve_command.h"

#include "admin/bootloader.h"
#include "admin/estimate_machine.h"
#include "admin/reservation_text.h"
#include "base/file.h"
#include "base/output.h"
#include "base/process.h"
#include "base/progress.h"
#include "loader/machine.h"

#include <filesystem>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <unistd.h>

namespace kdumpkit::admin {
namespace {

namespace fs = std::filesystem;

struct Options {
    std::string size, root;
    bool dry_run = false, undo = false;
};

std::string record_path(const Options& options) {
    return options.root + ReservationRecord::path;
}

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

Result<> run(const std::vector<std::string>& command) {
    Spawn what;
    what.argv = command;
    what.standard_output = STDERR_FILENO; // ours is for results
    KDK_ASSIGN(Child child, spawn(what));
    KDK_ASSIGN(const ExitStatus status, child.wait());
    if (!status.success())
        return fail(
            make_error(ErrorKind::system, "run", fmt::format("{}", fmt::join(command, " ")), status.text())
                .then("mend that and run it again, or kdumpkit reserve --undo"));
    return {};
}

Result<> apply(const Options& options, const BootPlan& plan, const std::string& parameter,
               const std::optional<ReservationRecord>& before) {
    const std::string path = record_path(options);
    std::error_code error;
    if (!options.undo) {
        fs::create_directories(parent_folder(path), error);
        KDK_TRY(write_file_atomically(path, to_json(record_of(plan, parameter, before)), 0644));
    }
    for (const FileChange& change : plan.changes) {
        if (change.remove) {
            fs::remove(options.root + change.path, error);
            if (error)
                return fail(system_error("remove", change.path, error.value()));
        } else {
            KDK_TRY(write_file_atomically(options.root + change.path, change.after, 0644));
        }
    }
    if (options.root.empty())
        for (const auto& command : plan.commands)
            KDK_TRY(run(command));
    if (options.undo)
        fs::remove(path, error);
    return {};
}

Result<int> show_state(const Options& options) {
    const auto record = parse_reservation_record(read_text(record_path(options)).value_or(std::string()));
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
    const auto before = parse_reservation_record(read_text(record_path(options)).value_or(std::string()));
    if (options.undo && !before)
        return fail(make_error(ErrorKind::absent, "undo", record_path(options),
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
    KDK_TRY(apply(options, plan, parameter, before));
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
