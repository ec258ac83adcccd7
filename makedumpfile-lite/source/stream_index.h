// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "base/range.h"
#include "makedumpfile-lite/format/stream_layout.h"
#include "makedumpfile-lite/source/content.h"

#include <cstdint>
#include <vector>

namespace kdumpkit::dump {

// Where a stream has its pages, by one pass over the heads of its sections; its own index is not needed, so
// that one which was cut serves as well. Behind damage the next section whose checksum is right is searched
// for. Pages are numbered as the kept ones of the stream. Costs 24 bytes for each section of pages.
class StreamIndex {
  public:
    static Result<StreamIndex> build(const Content& content, const format::StreamFacts& facts);

    // The section with page `number`; nullptr when it has not arrived.
    [[nodiscard]] const format::StreamIndexEntry* section_of(std::uint64_t number) const;
    // The numbers of the pages that it has sections of, rising and apart.
    [[nodiscard]] const std::vector<Range>& pages() const { return pages_; }
    [[nodiscard]] bool ended() const { return ended_; }     // with its index, as a whole one does
    [[nodiscard]] bool partial() const { return partial_; } // it says that it is not the whole of its dump
    [[nodiscard]] std::uint64_t damaged_bytes() const { return damaged_bytes_; } // that were passed over

  private:
    void take(std::uint64_t offset, const format::StreamSection& section, const format::StreamFacts& facts);

    std::vector<format::StreamIndexEntry> sections_; // those with pages
    std::vector<Range> pages_;
    bool ended_ = false;
    bool partial_ = false;
    std::uint64_t damaged_bytes_ = 0;
};

} // namespace kdumpkit::dump
