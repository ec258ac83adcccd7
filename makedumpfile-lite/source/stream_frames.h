// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "makedumpfile-lite/source/content.h"
#include "makedumpfile-lite/source/kdump_index.h"
#include "makedumpfile-lite/source/paged_reader.h"
#include "makedumpfile-lite/source/recent_slots.h"
#include "makedumpfile-lite/source/stream_index.h"
#include "makedumpfile-lite/source/stream_section.h"

#include <cstdint>
#include <string>
#include <vector>

namespace kdumpkit::dump {

// A stream whose head was read, as its readers need it.
struct StreamFrames {
    const Content& content;
    const format::StreamFacts& facts;
    const RangeSet& memory;
    const PageSet& kept;
    const KdumpIndex& numbers; // of `kept`
    StreamIndex index;
};

// Reads single pages out of the frames, for one thread. Holds as many unpacked frames as fit into 8 MiB, two
// at least, and unpacks a whole frame for each page that is in none of them.
class StreamFrameReader final : public PagedReader {
  public:
    explicit StreamFrameReader(const StreamFrames& frames);
    // The frame, which it shares with its neighbours.
    std::optional<Range> stored_at(std::uint64_t paddr) override;

  protected:
    Result<Bytes> page(std::uint64_t pfn) override;
    Result<> load(std::uint64_t pfn, std::span<std::byte> out) override;

  private:
    struct Unpacked {
        std::string fault; // why its pages cannot be read; empty when they can
        StreamPart part;
        std::vector<std::byte> pages;
    };
    const Unpacked& unpacked(const format::StreamIndexEntry& entry);
    Result<> unpack(const format::StreamIndexEntry& entry, Unpacked& frame);

    const StreamFrames& frames_;
    RecentSlots<const format::StreamIndexEntry*, Unpacked> unpacked_;
    std::vector<std::byte> zero_page_;
};

} // namespace kdumpkit::dump
