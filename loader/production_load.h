// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/bytes.h"
#include "base/error.h"
#include "config/production.h"
#include "loader/load.h"

#include <cstdint>

namespace kdumpkit::loader {

// Pure. All RAM of the machine that is known to be there, in a capture kernel: what the crashed kernel had,
// as the program headers of /proc/vmcore say, and what the capture kernel runs in. `invalid` when that
// contradicts what the firmware had handed to production: memory that went away since, or a map of another
// machine. Below 1 MiB nothing is compared, the loaders differ there.
Result<RangeSet> present_memory(const Production& production, const Machine& capture, Bytes vmcore_headers);

// Pure. The production kernel, for kexec_load in a capture kernel (`capture`), with the whole machine's
// memory map and production's own command line. `files` are checked against the digests. `memory_total` is
// this kernel's, in bytes: it permits to load half of it.
Result<PreparedLoad> prepare_production(const Production& production, const Machine& capture,
                                        Bytes vmcore_headers, const LoadFiles& files,
                                        std::uint64_t memory_total);

} // namespace kdumpkit::loader
