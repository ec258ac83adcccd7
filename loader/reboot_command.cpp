// SPDX-License-Identifier: GPL-2.0-or-later
#include "loader/reboot_command.h"

#include "base/output.h"
#include "base/process.h"
#include "loader/kexec.h"
#include "loader/machine.h"

#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace kdumpkit::loader {

namespace {

Result<int> reboot_now() {
    KDK_TRY(print_result("starting the loaded kernel now: nothing is stopped, nothing is unmounted\n"));
    KDK_TRY(kexec_reboot_now());
    KDK_TRY(print_result("the other kernel returned\n"));
    return exit_codes::success;
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

Result<int> run_reboot(bool now) {
    KDK_ASSIGN(const Machine machine, gather_machine("/"));
    KDK_TRY(require_root(machine, "start", KexecPurpose::reboot));
    if (machine.reboot_loaded != "1")
        return fail(make_error(ErrorKind::absent, "start", "the kernel for a reboot",
                               machine.reboot_loaded.empty() ? "this kernel has no kexec" : "none is loaded")
                        .then("kdumpkit load --reboot --kernel FILE --initrd FILE"));
    if (now)
        return reboot_now();
    if (machine.has_systemd)
        return reboot_by_systemd();
    return fail(make_error(ErrorKind::unsupported, "shut down for", "the kernel for a reboot",
                           "systemd does not run here, and no other service manager is known")
                    .then("stop the services and unmount the filesystems, then: kdumpkit reboot --now"));
}

} // namespace

std::function<Result<int>()> define_reboot(CLI::App& app) {
    auto now = std::make_shared<bool>(false);
    app.add_flag("--now", *now, "at once: after a sync, without stopping services or unmounting filesystems");
    return [now] { return run_reboot(*now); };
}

} // namespace kdumpkit::loader
