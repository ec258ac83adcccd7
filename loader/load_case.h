// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "base/log.h"
#include "loader/choice.h"
#include "loader/load.h"
#include "loader/load_options.h"

#include <string>

namespace kdumpkit::loader {

// What is to be loaded: what was read for it, and what the machine said before. Refers to all of them.
struct LoadCase {
    const LoadOptions& options;
    const Machine& machine;
    LoadFiles files;

    [[nodiscard]] Result<PreparedLoad> prepare() const;
    [[nodiscard]] Result<PreparedFileLoad> prepare_file() const;
};

struct LoadDone {
    std::string command_line, kernel, kernel_version;
    KexecSyscall syscall;
    std::string reason; // why this system call
};

// Loads it by the system call that was decided on, or by kexec_file_load where that is allowed and the kernel
// refuses kexec_load. An error has the plan; what was loaded before may be gone then.
Result<LoadDone> load_now(const LoadCase& load, const SyscallDecision& decision, const Log& log);

} // namespace kdumpkit::loader
