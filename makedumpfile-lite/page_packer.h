// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/bytes.h"
#include "base/error.h"
#include "makedumpfile-lite/codec.h"
#include "makedumpfile-lite/format/page_block.h"

#include <cstddef>
#include <cstdint>
#include <memory>

namespace kdumpkit::dump {

struct PipelineSettings;

// Makes a block out of pages; one for each worker. The same pages give the same block, whatever was packed
// before.
class PagePacker {
  public:
    // By settings.frame_pages: pages compressed one by one, or together as one zstd frame.
    static Result<std::unique_ptr<PagePacker>> create(const PipelineSettings& settings);
    virtual ~PagePacker() = default;

    virtual void add(PageBlock& block, Bytes page) = 0;
    virtual Result<> end(PageBlock& block) = 0;
    // Bytes that a block's buffer must have.
    [[nodiscard]] virtual std::size_t block_bytes() const = 0;
    // Bytes that this packer itself takes, for the memory budget. Call after a block was packed: compressors
    // make their tables at first use.
    [[nodiscard]] virtual std::size_t memory_bytes() const = 0;
};

// True when every byte is zero. `page` is a multiple of 64 bytes long.
bool is_zero_page(Bytes page);

} // namespace kdumpkit::dump
