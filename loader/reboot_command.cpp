// SPDX-License-Identifier: GPL-2.0-or-later
#include "loader/reboot_command.h"

#include "base/file.h"
#include "base/output.h"
#include "base/process.h"
#include "loader/jump_back.h"
#include "loader/kexec.h"
#include "loader/load_lock.h"
#include "loader/machine.h"
#include "loader/status.h"

#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <unistd.h>

namespace kdumpkit::loader {

namespace {

struct RebootOptions {
    bool now = false, back = false;
};

Result<int> reboot_now() {
    KDK_TRY(print_result("starting the loaded kernel now: nothing is stopped, nothing is unmounted\n"));
    KDK_TRY(kexec_reboot_now());
    KDK_TRY(print_result("the other kernel returned, this one goes on with its processes\n"));
    return exit_codes::success;
}

Result<> load_way_back(const JumpBack& back) {
    const auto lock = lock_loading(); // as for a load, better unlocked than not at all
    KDK_TRY(
        kexec_load(KexecPurpose::reboot, back.place.begin, {{back.place, back.trampoline}}, {true, false}));
    // What was loaded for a reboot is dropped by it, and stays when it fails.
    ::unlink(LoadRecord::path(KexecPurpose::reboot).c_str());
    return {};
}

Result<int> reboot_back(const Machine& machine) {
    KDK_ASSIGN(const JumpBack back, prepare_jump_back(machine));
    KDK_TRY(load_way_back(back));
    KDK_TRY(
        print_result("returning to the kernel before this one; kdumpkit reboot --now there comes back\n"));
    KDK_TRY(kexec_reboot_now());
    KDK_TRY(print_result("the kernel before this one came back, this one goes on with its processes\n"));
    return exit_codes::success;
}

// What returns finds this system as it was, so nothing may be stopped for it.
bool loaded_may_return() {
    const auto record =
        parse_load_record(read_text(LoadRecord::path(KexecPurpose::reboot)).value_or(std::string()));
    return record && record->context_memory != 0;
}

// systemd stops every service, unmounts, and then starts the loaded kernel (systemctl(1), kexec).
Result<int> reboot_by_systemd() {
    KDK_ASSIGN(Child child, spawn({{"systemctl", "kexec"}}));
    KDK_ASSIGN(const ExitStatus status, child.wait());
    if (!status.success())
        return fail(make_error(ErrorKind::system, "reboot by", "systemctl kexec", status.text())
                        .then("see systemctl status kexec.target, or use --now, which stops nothing"));
    return exit_codes::success;
}

Result<int> run_reboot(const RebootOptions& options) {
    KDK_ASSIGN(const Machine machine, gather_machine("/"));
    KDK_TRY(require_root(machine, "start", KexecPurpose::reboot));
    if (options.back)
        return reboot_back(machine);
    if (machine.reboot_loaded != "1")
        return fail(make_error(ErrorKind::absent, "start", "the kernel for a reboot",
                               machine.reboot_loaded.empty() ? "this kernel has no kexec" : "none is loaded")
                        .then("kdumpkit load --reboot --kernel FILE --initrd FILE"));
    if (options.now)
        return reboot_now();
    if (loaded_may_return())
        return fail(make_error(ErrorKind::invalid, "shut down for", "the kernel for a reboot",
                               "it was loaded with --preserve-context, to return to services that still run")
                        .then("kdumpkit reboot --now"));
    if (machine.has_systemd)
        return reboot_by_systemd();
    return fail(make_error(ErrorKind::unsupported, "shut down for", "the kernel for a reboot",
                           "systemd does not run here, and no other service manager is known")
                    .then("stop the services and unmount the filesystems, then: kdumpkit reboot --now"));
}

} // namespace

std::function<Result<int>()> define_reboot(CLI::App& app) {
    auto options = std::make_shared<RebootOptions>();
    auto* now = app.add_flag("--now", options->now,
                             "at once: after a sync, without stopping services or unmounting filesystems");
    app.add_flag("--back", options->back,
                 "at once, into the kernel that loaded this one with --preserve-context")
        ->excludes(now);
    return [options] { return run_reboot(*options); };
}

} // namespace kdumpkit::loader
