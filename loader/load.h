// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/bytes.h"
#include "base/error.h"
#include "loader/cmdline.h"
#include "loader/elfcorehdr.h"
#include "loader/image/bzimage.h"
#include "loader/kexec.h"
#include "loader/machine.h"
#include "loader/reservation.h"
#include "loader/segment.h"

#include <cstdint>
#include <string>
#include <vector>

namespace kdumpkit::loader {

// The admin's choice; `automatic` lets the machine's state decide.
enum class SyscallChoice { automatic, kexec_load, kexec_file_load };
Result<SyscallChoice> parse_syscall_choice(const std::string& text);

// Which system call to try first, and why.
struct SyscallDecision {
    KexecSyscall syscall = KexecSyscall::kexec_load;
    std::string reason;
    bool may_fall_back = false; // automatic: to kexec_file_load on EPERM or ENOSYS
};
// Pure. `invalid` when kernel.kexec_load_disabled forbids both.
Result<SyscallDecision> decide_syscall(SyscallChoice choice, const Machine& machine);

// The two files' bytes, which must outlive what is prepared from them, and their paths for messages.
struct CaptureImages {
    Bytes kernel;
    std::string kernel_name;
    Bytes initrd;
    std::string initrd_name;
};

// Everything that kexec_load needs, made and verified; nothing has been loaded.
struct PreparedLoad {
    Reservation reservation;
    Plan plan;
    std::string command_line; // elfcorehdr= included
    std::string kernel_version;
    std::vector<std::string> warnings; // what a dump will lack, for people
    std::uint64_t entry = 0;
    std::uint64_t core_header_entries = 0;
    std::vector<std::byte> core_header, boot_params, purgatory;
    Bytes kernel, initrd;

    // In the order and form of the system call.
    [[nodiscard]] std::vector<LoadedSegment> segments() const;
};
Result<PreparedLoad> prepare_kexec_load(const Machine& machine, const CaptureImages& images,
                                        const CommandLineWish& wish);

// `invalid` for a process without root. `operation` is a verb.
Result<> require_root(const Machine& machine, const std::string& operation);

// For kexec_file_load: the kernel adds elfcorehdr= itself. Checks the same images and lengths.
struct PreparedFileLoad {
    Reservation reservation;
    std::string command_line;
    std::string kernel_version;
};
Result<PreparedFileLoad> prepare_file_load(const Machine& machine, const CaptureImages& images,
                                           const CommandLineWish& wish);

} // namespace kdumpkit::loader
