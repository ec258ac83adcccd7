// SPDX-License-Identifier: GPL-2.0-or-later
#include "loader/load_case.h"

#include "base/file.h"
#include "loader/plan_report.h"
#include "loader/way_back.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>

namespace kdumpkit::loader {

namespace {

// A file in memory, for what came out of another file: the system call takes descriptors only.
Result<Fd> in_memory(Bytes content, const char* name) {
    Fd fd(::memfd_create(name, MFD_CLOEXEC));
    if (!fd.valid())
        return fail(system_error("make a file in memory for", name, errno));
    KDK_TRY(write_all(fd.get(), content, name));
    return fd;
}

Result<LoadDone> load_by_file(const LoadCase& load, const std::string& reason, const Log& log) {
    KDK_ASSIGN(const PreparedFileLoad prepared, load.prepare_file());
    for (const std::string& warning : prepared.warnings)
        log.warning("{}", warning);
    const Inputs& inputs = prepared.inputs;
    KDK_ASSIGN(const Fd kernel, inputs.image.wrappings.empty()
                                    ? open_file(load.options.kernel, O_RDONLY)
                                    : in_memory(inputs.image.kernel_file, "kernel"));
    Fd initrd;
    if (inputs.initrd_carried) {
        KDK_ASSIGN(initrd, in_memory(inputs.initrd, "initrd"));
    } else if (!load.options.initrd.empty()) {
        KDK_ASSIGN(initrd, open_file(load.options.initrd, O_RDONLY));
    }
    const KexecPurpose purpose = load.options.purpose();
    if (auto loaded = kexec_file_load(purpose, kernel.get(), initrd.get(), prepared.command_line); !loaded) {
        log.info("the plan was:\n{}", plan_text(prepared));
        return fail(
            explain_refusal(std::move(loaded).error(), load.machine, purpose, KexecSyscall::kexec_file_load));
    }
    return LoadDone{prepared.command_line, prepared.kernel, prepared.kernel_version,
                    KexecSyscall::kexec_file_load, reason};
}

} // namespace

Result<PreparedLoad> LoadCase::prepare() const {
    return options.reboot ? prepare_reboot(machine, files, options.wish)
                          : prepare_kexec_load(machine, files, options.wish.command_line, options.wish.entry);
}

Result<PreparedFileLoad> LoadCase::prepare_file() const {
    return options.reboot ? prepare_file_reboot(machine, files, options.wish)
                          : prepare_file_load(machine, files, options.wish.command_line);
}

Result<LoadDone> load_now(const LoadCase& load, const SyscallDecision& decision, const Log& log) {
    if (decision.syscall == KexecSyscall::kexec_file_load)
        return load_by_file(load, decision.reason, log);
    KDK_ASSIGN(const PreparedLoad prepared, load.prepare());
    for (const std::string& warning : prepared.warnings)
        log.warning("{}", warning);
    const KexecPurpose purpose = load.options.purpose();
    KDK_TRY(
        check_segments(prepared.segments(), prepared.plan.rooms, prepared.entry).map_error([&](Error error) {
            return with_plan(std::move(error), prepared.plan);
        }));
    if (prepared.returns)
        KDK_TRY(require_way_back(load.machine, log));
    const auto loaded = kexec_load(purpose, prepared.entry, prepared.segments(),
                                   {prepared.returns, prepared.kernel_updates_core_header});
    if (loaded)
        return LoadDone{prepared.command_line, prepared.kernel, prepared.kernel_version,
                        KexecSyscall::kexec_load, decision.reason};
    const Error error = explain_refusal(loaded.error(), load.machine, purpose, KexecSyscall::kexec_load,
                                        decision.only_kexec_load);
    const int why = error.errno_value;
    if (decision.may_fall_back && (why == EPERM || why == EACCES || why == ENOSYS)) {
        log.info("the kernel refuses kexec_load ({}), trying kexec_file_load", error.reason);
        return load_by_file(load, "the kernel refuses kexec_load", log);
    }
    log.info("the plan was:\n{}", prepared.plan.text());
    return fail(error);
}

} // namespace kdumpkit::loader
