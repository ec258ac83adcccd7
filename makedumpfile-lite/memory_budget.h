// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "makedumpfile-lite/filter.h"
#include "makedumpfile-lite/pipeline.h"

#include <cstdint>

namespace kdumpkit::dump {

// What a dump holds in memory while it is written, in bytes, besides what it has mapped of the crash image.
struct MemoryBudget {
    // The program itself, its libraries' data and what it knows of the crashed kernel.
    static constexpr std::uint64_t program = std::uint64_t{8} << 20;

    std::uint64_t limit = 0;
    std::uint64_t page_sets = 0;
    std::uint64_t pipeline = 0; // pipeline_memory()
    std::uint64_t writer = 0;   // the table of duplicates, or the index of a stream

    [[nodiscard]] std::uint64_t total() const { return program + page_sets + pipeline + writer; }
};

// Without --memory-limit: a quarter of the memory that this machine has available, 24 MiB at least.
std::uint64_t default_memory_limit();

// What this process holds now, besides mapped files; 0 when the system does not tell.
std::uint64_t anonymous_memory();

// Makes the pipeline fit below `limit`: with fewer workers than asked for, then without looking for
// duplicates, then with smaller frames; never below one worker that is whole. When that is still too much it
// is `invalid`. What a dump's bytes depend on does not depend on the number of workers that were asked for.
Result<MemoryBudget> fit_memory(std::uint64_t limit, const Selection& selection, PipelineSettings& pipeline);

} // namespace kdumpkit::dump
