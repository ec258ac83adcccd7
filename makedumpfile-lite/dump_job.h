// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/log.h"
#include "base/progress.h"
#include "makedumpfile-lite/filter.h"
#include "makedumpfile-lite/format/kdump_writer.h"
#include "makedumpfile-lite/options.h"
#include "makedumpfile-lite/pipeline.h"
#include "makedumpfile-lite/source/image.h"

#include <cstdint>

namespace kdumpkit::dump {

// Everything about one dump that is known before a page is written.
struct DumpJob {
    Options options;
    const Log& log;
    const Image& image;  // what is saved: the source, perhaps with data erased
    const Image& source; // what was opened
    Selection selection;
    PipelineSettings pipeline;
    format::KdumpFacts facts;
    bool retries = false; // when there is no room for it, a smaller dump is tried: stop at once
};

// `bytes`: of memory that the work goes through.
Progress progress_line(const Options& options, const char* what, std::uint64_t bytes);

// Threads to use when the command line names no number: one for each CPU that this process may use.
unsigned available_cpus();

// How the pages of this job are packed, before its memory is fitted to the limit.
PipelineSettings pipeline_for(const DumpJob& job);

} // namespace kdumpkit::dump
