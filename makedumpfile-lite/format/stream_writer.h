// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/bytes.h"
#include "base/error.h"
#include "makedumpfile-lite/format/destination.h"
#include "makedumpfile-lite/format/dump_writer.h"
#include "makedumpfile-lite/format/kdump_writer.h"
#include "makedumpfile-lite/format/stream_layout.h"
#include "makedumpfile-lite/page_set.h"

#include <cstdint>
#include <vector>

namespace kdumpkit::dump::format {

// Writes the stream format (stream_layout.h), from its start to its end. The blocks must come packed as
// frames of at most `frame_pages` pages. Whatever it ends with, all sections before can be read; only a whole
// stream has an index. Holds 24 bytes for each frame until finish().
class StreamWriter final : public DumpWriter {
  public:
    // Everything that comes before the pages. `destination` must outlive the writer.
    static Result<StreamWriter> begin(Destination& destination, const KdumpFacts& facts,
                                      const PageSet& memory, const PageSet& kept, std::uint32_t frame_pages,
                                      int level);
    Result<> append(const PageBlock& block) override;
    Result<> finish() override { return finish(false); }
    Result<> finish_partial() override { return finish(true); }
    Result<> abandon() override { return destination_->sync(); }
    [[nodiscard]] std::uint64_t pages_written() const override { return written_; }

  private:
    explicit StreamWriter(Destination& destination) : destination_(&destination) {}
    Result<> finish(bool partial);
    Result<> write_section(StreamSection section, Bytes behind, Bytes frame);
    Result<> write_packed(StreamKind kind, Bytes bytes, std::uint32_t count, int level);
    Result<> write_set(StreamKind kind, const PageSet& set, int level);

    Destination* destination_;
    std::vector<StreamIndexEntry> index_;
    std::uint64_t expected_ = 0; // pages
    std::uint64_t written_ = 0;  // pages
};

} // namespace kdumpkit::dump::format
