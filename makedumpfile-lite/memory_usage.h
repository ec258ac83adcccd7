// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "base/log.h"
#include "makedumpfile-lite/filter.h"
#include "makedumpfile-lite/options.h"

#include <cstdint>
#include <string>

namespace kdumpkit::dump {

// What a machine's memory is used for, in pages.
struct MemoryUsage {
    std::string kernel_release;
    std::uint64_t page_size = 4096; // bytes
    PageCounts counts;              // of level 30: everything but zero pages left out
    std::uint64_t zero = 0;         // of counts.kept: filled with zero

    // Pages that a dump of `level` holds. Zero pages were looked for only among what level 30 keeps, so bit 1
    // counts for level 31 alone. Pure.
    [[nodiscard]] std::uint64_t kept_at(unsigned level) const;
};

// Pure. The table for people and the one for programs.
std::string usage_text(const MemoryUsage& usage);
std::string usage_json(const MemoryUsage& usage);

// --mem-usage: reads Options::source and prints to standard output.
Result<> print_memory_usage(const Options& options, const Log& log);

} // namespace kdumpkit::dump
