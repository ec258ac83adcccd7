// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "base/range.h"
#include "loader/load.h"

#include <cstdint>
#include <optional>

namespace kdumpkit::loader {

// A kernel that replaces the running one at a reboot by kexec, without firmware and boot loader. Its command
// line is the unified image's or else the running kernel's (`reuse_cmdline`: the latter in any case), as
// `wish` changes it. It gets all memory that the firmware gave, and may be placed anywhere in it: the running
// kernel moves it there when nothing else runs any more.
struct RebootWish {
    CommandLineWish command_line;
    bool reuse_cmdline = false;
    // Bytes for a kernel that may return to this one: it gets these and no others (jump.h). 0: it does not.
    std::uint64_t context_memory = 0;
    EntryChoice entry = EntryChoice::automatic;
    // For a running kernel that sees only a part of the machine, a capture kernel: all RAM that is there. The
    // machine's firmware map must be the whole one then. What is loaded is kept small, and lies below 4 GiB.
    std::optional<RangeSet> present = {};
};

// Pure. For kexec_load. The initrd may be missing. Errors as those of prepare_kexec_load().
Result<PreparedLoad> prepare_reboot(const Machine& machine, const LoadFiles& files, const RebootWish& wish);
// Pure. For kexec_file_load, which knows no return, and whose kernel places everything itself.
Result<PreparedFileLoad> prepare_file_reboot(const Machine& machine, const LoadFiles& files,
                                             const RebootWish& wish);

} // namespace kdumpkit::loader
