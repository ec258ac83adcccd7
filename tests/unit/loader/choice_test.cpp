// SPDX-License-Identifier: GPL-2.0-or-later
#include "fixtures.h"
#include "loader/choice.h"
#include "loader/status.h"

#include <cerrno>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace kdumpkit;
using namespace kdumpkit::loader;
using Catch::Matchers::Contains;

TEST_CASE("what kexec_file_load does not take decides for the other call") {
    const Machine machine = fixtures::machine();
    const auto decision = decide_syscall(SyscallChoice::automatic, machine, "an ELF vmlinux");
    CHECK(decision->syscall == KexecSyscall::kexec_load);
    CHECK_FALSE(decision->may_fall_back);
    const auto refused = decide_syscall(SyscallChoice::kexec_file_load, machine, "an ELF vmlinux");
    CHECK(exit_code(refused.error()) == exit_codes::invalid);
    CHECK_THAT(refused.error().message(), Contains("an ELF vmlinux"));
}

TEST_CASE("what lockdown refuses for certain is known before, and no advice leads in a circle") {
    Machine machine = fixtures::machine();
    machine.may_boot = true;
    const auto vmlinux = *decide_syscall(SyscallChoice::automatic, machine, "an ELF vmlinux");
    CHECK_FALSE(certain_refusal(vmlinux, machine));
    machine.lockdown = "none [integrity] confidentiality";
    CHECK_THAT(*certain_refusal(vmlinux, machine), Contains("signed bzImage") && !Contains("--syscall"));
    CHECK_THAT(*certain_refusal(*decide_syscall(SyscallChoice::kexec_load, machine), machine),
               Contains("--syscall kexec_file_load"));
    CHECK_FALSE(certain_refusal(*decide_syscall(SyscallChoice::automatic, machine), machine));
    const Error refused = explain_kexec_errno("load", KexecSyscall::kexec_load, KexecPurpose::capture, EPERM);
    CHECK_THAT(
        explain_refusal(refused, machine, KexecPurpose::capture, KexecSyscall::kexec_load, "a device tree")
            .message(),
        Contains("not a device tree") && !Contains("--syscall"));
}

TEST_CASE("a limit on loads is reported, and refused before the call when it is used up") {
    Machine machine = fixtures::machine();
    CHECK_FALSE(loads_left(machine, KexecPurpose::capture));
    machine.limit_panic = machine.limit_reboot = "-1";
    CHECK_FALSE(loads_left(machine, KexecPurpose::capture));
    machine.limit_panic = "2";
    CHECK(loads_left(machine, KexecPurpose::capture) == 2);
    CHECK_FALSE(loads_left(machine, KexecPurpose::reboot));
    CHECK(require_permission(machine, KexecPurpose::capture));
    CHECK_THAT(to_text(make_status(machine, "")), Contains("kexec_load_limit_panic permits 2 more loads"));
    machine.limit_panic = "0";
    const auto refused = require_permission(machine, KexecPurpose::capture);
    CHECK(exit_code(refused.error()) == exit_codes::invalid);
    CHECK_THAT(refused.error().message(),
               Contains("kexec_load_limit_panic is 0") && Contains("next: reboot"));
    CHECK(require_permission(machine, KexecPurpose::reboot));
    CHECK_THAT(to_text(make_status(machine, "")), Contains("next: reboot: this kernel permits no more"));
    CHECK(nlohmann::json::parse(to_json(make_status(machine, "")))["panic_loads_left"] == 0);
    machine.limit_panic = "-1";
    machine.limit_reboot = "0";
    CHECK_THAT(require_permission(machine, KexecPurpose::reboot).error().message(),
               Contains("kexec_load_limit_reboot is 0"));
}

TEST_CASE("the cause of EPERM is the one that the machine shows") {
    const auto explained = [](const Machine& machine, KexecSyscall syscall) {
        return explain_refusal(explain_kexec_errno("load", syscall, KexecPurpose::capture, EPERM), machine,
                               KexecPurpose::capture, syscall)
            .message();
    };
    Machine machine = fixtures::machine();
    CHECK_THAT(explained(machine, KexecSyscall::kexec_load),
               Contains("CAP_SYS_BOOT") && Contains("container"));
    machine.may_boot = true;
    CHECK_THAT(explained(machine, KexecSyscall::kexec_load),
               Contains("lockdown") && Contains("kexec_load_limit"));
    machine.lockdown = "none [integrity] confidentiality";
    CHECK_THAT(explained(machine, KexecSyscall::kexec_load),
               Contains("the kernel is locked down") && !Contains("CAP_SYS_BOOT"));
    CHECK_THAT(explained(machine, KexecSyscall::kexec_file_load), Contains("signature"));
    machine.limit_panic = "0";
    CHECK_THAT(explained(machine, KexecSyscall::kexec_load), Contains("kexec_load_limit_panic is 0"));
    machine.load_disabled = "1";
    CHECK_THAT(explained(machine, KexecSyscall::kexec_load), Contains("kexec_load_disabled is 1"));
    // Other refusals keep their own words.
    const Error key =
        explain_kexec_errno("load", KexecSyscall::kexec_file_load, KexecPurpose::reboot, ENOKEY);
    CHECK(explain_refusal(key, machine, KexecPurpose::reboot, KexecSyscall::kexec_file_load) == key);
    CHECK_THAT(key.message(), Contains("the kernel for a reboot"));
}

TEST_CASE("the status tells of a kernel for a reboot, and of lockdown") {
    Machine machine = fixtures::machine();
    CHECK_THAT(to_text(make_status(machine, "")), !Contains("for reboot") && !Contains("lockdown"));
    machine.reboot_loaded = "1";
    machine.lockdown = "none [integrity] confidentiality";
    machine.load_disabled = "1";
    const LoadRecord record{"/boot/next", "", "7.0", "root=/dev/vda", "kexec_load", "2026-01-02T03:04:05Z"};
    const Status status = make_status(machine, "", to_json(record));
    CHECK_THAT(to_text(status), Contains("for reboot:  /boot/next (7.0), command line: root=/dev/vda") &&
                                    Contains("lockdown:") && Contains("kexec_load_disabled is 1"));
    const auto json = nlohmann::json::parse(to_json(status));
    CHECK(json["reboot_loaded"] == true);
    CHECK(json["loaded_for_reboot"]["kernel"] == "/boot/next");
    CHECK(json["locked_down"] == true);
    CHECK_THAT(to_text(make_status(machine, "")), Contains("another program loaded"));
    machine.reboot_loaded = "0";
    CHECK_FALSE(make_status(machine, "", to_json(record)).reboot_record);
}
