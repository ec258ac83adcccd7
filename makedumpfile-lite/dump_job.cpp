// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/dump_job.h"

#include <algorithm>
#include <chrono>

#include <sched.h>
#include <unistd.h>

namespace kdumpkit::dump {

namespace {

// Uncompressed. Larger frames gain little (docs/stream-format.md) and cost memory.
constexpr std::size_t stream_frame_bytes = std::size_t{1} << 20;
// In frames this level is faster than level 1 on single pages.
constexpr int stream_level = 3;

} // namespace

Progress progress_line(const Options& options, const char* what, std::uint64_t bytes) {
    // On a console that is no terminal, one line in five seconds: a serial line is slow.
    return Progress((options.messages & Messages::progress) != 0 ? STDERR_FILENO : -1, what, bytes,
                    std::chrono::seconds(5));
}

unsigned available_cpus() {
    cpu_set_t cpus;
    const int count = ::sched_getaffinity(0, sizeof(cpus), &cpus) == 0 ? CPU_COUNT(&cpus) : 1;
    return static_cast<unsigned>(std::clamp(count, 1, 64));
}

PipelineSettings pipeline_for(const DumpJob& job) {
    const Options& options = job.options;
    PipelineSettings pipeline;
    pipeline.workers = options.workers != 0 ? options.workers : available_cpus();
    pipeline.compression = options.compression;
    pipeline.page_size = static_cast<std::size_t>(job.facts.page_size);
    pipeline.share_zero_pages = (job.facts.level & DumpLevel::zero) != 0;
    // Pages of a running kernel change between the moment when one is written and that when it is compared.
    pipeline.hash_pages =
        options.share_duplicates && options.format == Options::Format::kdump && !job.source.live();
    if (options.format == Options::Format::stream) {
        if (options.compression.algorithm == Algorithm::none)
            pipeline.compression = Compression{Algorithm::zstd, stream_level};
        pipeline.share_zero_pages = true; // a bit each, whatever the level
        pipeline.frame_pages = stream_frame_bytes / pipeline.page_size;
    }
    return pipeline;
}

} // namespace kdumpkit::dump
