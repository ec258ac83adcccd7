// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/memory_budget.h"

#include "base/bytes.h"
#include "base/file.h"
#include "base/progress.h"
#include "base/text.h"
#include "makedumpfile-lite/format/kdump_writer.h"
#include "makedumpfile-lite/format/stream_layout.h"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

namespace kdumpkit::dump {

namespace {

constexpr std::uint64_t least_default = std::uint64_t{24} << 20;
// Smaller frames compress visibly worse (docs/stream-format.md).
constexpr std::size_t smallest_frame = std::size_t{128} << 10;

// Bytes that the writer holds besides the pipeline's buffers.
std::uint64_t writer_memory(const PipelineSettings& pipeline, std::uint64_t pages) {
    if (pipeline.frame_pages != 0)
        return (pages / pipeline.frame_pages + 1) * sizeof(format::StreamIndexEntry);
    return pipeline.hash_pages ? format::KdumpWriter::sharing_bytes(pipeline.page_size) : 0;
}

// The next smaller settings; false when there are none.
bool shrink(PipelineSettings& pipeline) {
    if (pipeline.workers > 1) {
        --pipeline.workers;
    } else if (pipeline.hash_pages) {
        pipeline.hash_pages = false;
    } else if (pipeline.frame_pages * pipeline.page_size > smallest_frame) {
        pipeline.frame_pages /= 2;
    } else {
        return false;
    }
    return true;
}

// Of a file of /proc; 0 when there is no such line.
std::uint64_t bytes_of_line(const char* path, std::string_view key) {
    return kib_of(read_text(path).value_or(std::string()), key).value_or(0) * 1024;
}

} // namespace

std::uint64_t default_memory_limit() {
    return std::max(least_default, bytes_of_line("/proc/meminfo", "MemAvailable") / 4);
}

std::uint64_t anonymous_memory() {
    return bytes_of_line("/proc/self/status", "RssAnon");
}

Result<MemoryBudget> fit_memory(std::uint64_t limit, const Selection& selection, PipelineSettings& pipeline) {
    MemoryBudget budget;
    budget.limit = limit;
    budget.page_sets = selection.memory.memory_bytes() + selection.kept.memory_bytes();
    const std::uint64_t pages = selection.kept.count();
    do {
        KDK_ASSIGN(budget.pipeline, pipeline_memory(pipeline));
        budget.writer = writer_memory(pipeline, pages);
    } while (budget.total() > limit && shrink(pipeline));
    if (budget.total() > limit)
        return fail(make_error(ErrorKind::invalid, "stay below", fmt::format("--memory-limit {}", limit),
                               fmt::format("this dump takes {} at least ({} for the program, {} for the sets "
                                           "of pages)",
                                           human_bytes(budget.total()), human_bytes(MemoryBudget::program),
                                           human_bytes(budget.page_sets)))
                        .then(fmt::format("give {} or more", budget.total())));
    return budget;
}

} // namespace kdumpkit::dump
