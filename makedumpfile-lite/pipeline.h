// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "makedumpfile-lite/codec.h"
#include "makedumpfile-lite/format/page_block.h"
#include "makedumpfile-lite/page_packer.h"
#include "makedumpfile-lite/page_set.h"
#include "makedumpfile-lite/page_source.h"
#include "makedumpfile-lite/source/image.h"

#include <cstdint>
#include <functional>

namespace kdumpkit::dump {

struct PipelineSettings {
    unsigned workers = 1; // threads that read and compress; at least 1
    Compression compression;
    std::size_t page_size = 4096;  // bytes
    bool share_zero_pages = false; // do not store pages filled with zero (dump level bit 1)
    bool hash_pages = false;       // tell the hash of what is stored of each page
    // 0: pages are compressed one by one. Otherwise so many of them together as one zstd frame.
    std::size_t frame_pages = 0;
    // Otherwise: pages that one worker takes at a time. Enough to make the hand-over cheap, few enough for
    // the second-level cache.
    std::size_t single_pages = 64;

    [[nodiscard]] std::size_t pages_per_block() const {
        return frame_pages != 0 ? frame_pages : single_pages;
    }
};

// Bytes that the pipeline holds at most: buffers, and the workers' readers (of an image that is not mapped)
// and compressors.
Result<std::uint64_t> pipeline_memory(const PipelineSettings& settings);

struct PipelineCounts {
    std::uint64_t pages = 0;
    std::uint64_t zero_pages = 0; // not stored
    std::uint64_t raw_pages = 0;  // stored as they are, because they did not shrink
    std::uint64_t stored_bytes = 0;
};

// Reads every page of the source, packs it and hands it to `sink`, in the order of the pfns, on
// the calling thread. The result does not depend on the number of workers. What the sink returns as an error,
// or the first page that cannot be read, ends the run after all earlier pages were handed over; no thread is
// left behind.
Result<PipelineCounts> run_pipeline(PageSource& source, const PipelineSettings& settings,
                                    const std::function<Result<>(const PageBlock&)>& sink);
Result<PipelineCounts> run_pipeline(const Image& image, const PageSet& kept, const PipelineSettings& settings,
                                    const std::function<Result<>(const PageBlock&)>& sink);

} // namespace kdumpkit::dump
