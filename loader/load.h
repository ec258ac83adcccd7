// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/bytes.h"
#include "base/error.h"
#include "loader/bootparams.h"
#include "loader/cmdline.h"
#include "loader/elfcorehdr.h"
#include "loader/entry.h"
#include "loader/inputs.h"
#include "loader/kexec.h"
#include "loader/machine.h"
#include "loader/reservation.h"
#include "loader/segment.h"

#include <cstdint>
#include <string>
#include <vector>

namespace kdumpkit::loader {

// Everything that kexec_load needs, made and verified; nothing has been loaded.
struct PreparedLoad {
    KexecPurpose purpose = KexecPurpose::capture;
    Reservation reservation; // of a capture kernel
    Plan plan;
    std::string command_line; // elfcorehdr= included
    std::string kernel;       // what it is: OpenedImage::text()
    std::string kernel_version;
    std::vector<std::string> warnings; // what a dump will lack, for people
    std::uint64_t entry = 0;           // the purgatory's
    Entry kernel_entry_kind = Entry::long_mode;
    std::uint64_t kernel_entry = 0; // where the purgatory goes to; physical, too
    std::vector<E820Entry> memory_map;
    // The running kernel will rewrite the core header when CPUs and memory come and go: it is larger than
    // needed now, and no digest guards it.
    bool kernel_updates_core_header = false;
    bool returns = false; // the new kernel may jump back into the running one
    // Of the kernel only its bytes are loaded, not the memory that it unpacks itself into: the running kernel
    // sets all of that aside, and permits half of its own memory only. The page tables are there to reach it.
    bool sparing = false;
    // No core header: not a capture kernel. The boot parameters are the zero page, or a PVH entry's start
    // info.
    std::vector<std::byte> core_header, boot_params, purgatory, page_tables;
    Inputs inputs;

    // In the order and form of the system call.
    [[nodiscard]] std::vector<LoadedSegment> segments() const;
};
Result<PreparedLoad> prepare_kexec_load(const Machine& machine, const LoadFiles& files,
                                        const CommandLineWish& wish,
                                        EntryChoice entry = EntryChoice::automatic);

// For kexec_file_load: the kernel adds elfcorehdr= itself. Checks the same images and lengths.
struct PreparedFileLoad {
    KexecPurpose purpose = KexecPurpose::capture;
    Reservation reservation;
    std::vector<std::string> warnings; // likewise
    std::string command_line;
    std::string kernel;
    std::string kernel_version;
    Inputs inputs;
};
Result<PreparedFileLoad> prepare_file_load(const Machine& machine, const LoadFiles& files,
                                           const CommandLineWish& wish);

// The steps that a capture kernel and one for a reboot share. Longest command line, without the NUL, that
// `kernel` and x86_64 take.
std::uint64_t command_line_limit(const Kernel& kernel);
// `unsupported` when `kernel` cannot run where it is placed, or cannot be entered in the paging mode of this
// machine.
Result<> check_placement(const Kernel& kernel, const Plan& plan, bool five_levels, const std::string& name);
// After everything is placed and the command line is complete: the boot parameters, then the purgatory with
// the digests of all that is loaded.
Result<> finish_load(PreparedLoad& prepared, const Machine& machine, const std::optional<Backup>& backup);
// The largest piece below 640 KiB, usually all between the first page and the EBDA: nullopt when there is
// none.
std::optional<Range> low_memory(const RangeSet& ram);
// The error with the plan below its reason.
Error with_plan(Error error, const Plan& plan);

} // namespace kdumpkit::loader
