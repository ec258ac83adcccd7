// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "loader/kexec.h"
#include "loader/machine.h"

#include <optional>
#include <string>

namespace kdumpkit::loader {

// The admin's choice; `automatic` lets the machine's state decide.
enum class SyscallChoice { automatic, kexec_load, kexec_file_load };
Result<SyscallChoice> parse_syscall_choice(const std::string& text);

// Which system call to try first, and why.
struct SyscallDecision {
    KexecSyscall syscall = KexecSyscall::kexec_load;
    std::string reason;
    bool may_fall_back = false; // automatic: to kexec_file_load on EPERM, EACCES or ENOSYS
    std::string only_kexec_load = {};
};
// Pure. `only_kexec_load`: what is to be loaded that kexec_file_load does not take ("an ELF vmlinux"); empty:
// nothing. `invalid` for a choice that cannot work.
Result<SyscallDecision> decide_syscall(SyscallChoice choice, const Machine& machine,
                                       const std::string& only_kexec_load = {});
// Pure. `invalid` when kernel.kexec_load_disabled or a limit forbids both.
Result<> require_permission(const Machine& machine, KexecPurpose purpose);

bool is_locked_down(const Machine& machine);
// kernel.kexec_load_limit_*: how many more times it may be loaded (or unloaded, which counts, too) before the
// next boot; nullopt without limit.
std::optional<std::uint64_t> loads_left(const Machine& machine, KexecPurpose purpose);

// The error of a system call that the kernel refused, with the cause that the machine's state shows: EPERM
// alone has five. `machine` is what was gathered before the call, `only_kexec_load` as above.
Error explain_refusal(Error error, const Machine& machine, KexecPurpose purpose, KexecSyscall syscall,
                      const std::string& only_kexec_load = {});

// Why the kernel will refuse what was decided, with the next step, when that is known without asking it. For
// a plan: the call itself is made all the same.
std::optional<std::string> certain_refusal(const SyscallDecision& decision, const Machine& machine);

} // namespace kdumpkit::loader
