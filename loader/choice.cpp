// SPDX-License-Identifier: GPL-2.0-or-later
#include "loader/choice.h"

#include "base/bytes.h"
#include "loader/kcore.h"

#include <cerrno>

#include <fmt/format.h>

namespace kdumpkit::loader {

namespace {

std::string_view limit_name(KexecPurpose purpose) {
    return purpose == KexecPurpose::capture ? "kernel.kexec_load_limit_panic"
                                            : "kernel.kexec_load_limit_reboot";
}

Failure limit_reached(KexecPurpose purpose) {
    return fail(
        make_error(ErrorKind::invalid, "load", std::string(to_text(purpose)),
                   fmt::format("{} is 0: as often as it permits, it was loaded or unloaded since the boot",
                               limit_name(purpose)))
            .then("reboot; what is loaded now stays loaded (kdumpkit status)"));
}

std::string way_through_lockdown(const std::string& only_kexec_load) {
    return only_kexec_load.empty()
               ? "use --syscall kexec_file_load with a signed kernel"
               : fmt::format("give a signed bzImage, and not {}, which only kexec_load takes",
                             only_kexec_load);
}

} // namespace

Result<SyscallChoice> parse_syscall_choice(const std::string& text) {
    if (text == "auto")
        return SyscallChoice::automatic;
    if (text == "kexec_load")
        return SyscallChoice::kexec_load;
    if (text == "kexec_file_load")
        return SyscallChoice::kexec_file_load;
    return fail(make_error(ErrorKind::invalid, "use --syscall", text, "it is not a system call that loads")
                    .then("say auto, kexec_load or kexec_file_load"));
}

bool is_locked_down(const Machine& machine) {
    return machine.lockdown.find("[integrity]") != std::string::npos ||
           machine.lockdown.find("[confidentiality]") != std::string::npos;
}

std::optional<std::uint64_t> loads_left(const Machine& machine, KexecPurpose purpose) {
    return parse_number(purpose == KexecPurpose::capture ? machine.limit_panic : machine.limit_reboot, 10);
}

Result<> require_permission(const Machine& machine, KexecPurpose purpose) {
    // kexec_load_permitted() in kernel/kexec_core.c guards both calls.
    if (machine.load_disabled == "1")
        return fail(
            make_error(ErrorKind::invalid, "load", std::string(to_text(purpose)),
                       "kernel.kexec_load_disabled is 1, which forbids kexec_load and kexec_file_load")
                .then("reboot, and load before it is set (see /etc/sysctl.d)"));
    if (loads_left(machine, purpose) == 0)
        return limit_reached(purpose);
    return {};
}

Result<SyscallDecision> decide_syscall(SyscallChoice choice, const Machine& machine,
                                       const std::string& only_kexec_load) {
    if (!only_kexec_load.empty()) {
        if (choice == SyscallChoice::kexec_file_load)
            return fail(make_error(ErrorKind::invalid, "use --syscall", "kexec_file_load",
                                   fmt::format("on x86_64 it does not take {}", only_kexec_load))
                            .then("say kexec_load, or give a bzImage"));
        return SyscallDecision{KexecSyscall::kexec_load,
                               fmt::format("the other does not take {}", only_kexec_load), false,
                               only_kexec_load};
    }
    if (choice == SyscallChoice::kexec_load)
        return SyscallDecision{KexecSyscall::kexec_load, "asked for", false};
    if (choice == SyscallChoice::kexec_file_load)
        return SyscallDecision{KexecSyscall::kexec_file_load, "asked for", false};
    if (is_locked_down(machine))
        return SyscallDecision{KexecSyscall::kexec_file_load, "the kernel is locked down", false};
    if (!parse_kcore(machine.kcore)) // a core header needs it, and both check the paging mode by it
        return SyscallDecision{KexecSyscall::kexec_file_load,
                               "/proc/kcore does not tell where the kernel's memory is mapped", false};
    return SyscallDecision{KexecSyscall::kexec_load, "nothing forbids it", true};
}

std::optional<std::string> certain_refusal(const SyscallDecision& decision, const Machine& machine) {
    if (decision.syscall != KexecSyscall::kexec_load || !is_locked_down(machine))
        return std::nullopt;
    return fmt::format("the kernel is locked down (/sys/kernel/security/lockdown) and refuses kexec_load; "
                       "next: {}",
                       way_through_lockdown(decision.only_kexec_load));
}

Error explain_refusal(Error error, const Machine& machine, KexecPurpose purpose, KexecSyscall syscall,
                      const std::string& only_kexec_load) {
    if (error.errno_value != EPERM)
        return error;
    if (!machine.may_boot) {
        error.reason = "this process lacks CAP_SYS_BOOT";
        return std::move(error).then(
            "run it as root outside of containers, or give the container CAP_SYS_BOOT");
    }
    if (machine.load_disabled == "1") {
        error.reason = "kernel.kexec_load_disabled is 1, which forbids loading and unloading";
        return std::move(error).then("reboot, and load before it is set (see /etc/sysctl.d)");
    }
    if (loads_left(machine, purpose) == 0) {
        error.reason = fmt::format("{} is 0", limit_name(purpose));
        return std::move(error).then("reboot; what is loaded now stays loaded (kdumpkit status)");
    }
    if (is_locked_down(machine) && syscall == KexecSyscall::kexec_load) {
        error.reason =
            "the kernel is locked down (/sys/kernel/security/lockdown), and permits kexec_file_load only";
        return std::move(error).then(way_through_lockdown(only_kexec_load));
    }
    return error;
}

} // namespace kdumpkit::loader
