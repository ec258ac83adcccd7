// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/bytes.h"
#include "base/error.h"
#include "makedumpfile-lite/format/destination.h"
#include "makedumpfile-lite/format/dump_writer.h"
#include "makedumpfile-lite/format/duplicates.h"
#include "makedumpfile-lite/format/kdump_geometry.h"
#include "makedumpfile-lite/format/kdump_layout.h"
#include "makedumpfile-lite/page_set.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

namespace kdumpkit::dump::format {

// Writes a kdump-compressed file. From begin() to the last step of finish() its header says that it is
// incomplete, and what was written by then can be read, even if the program is killed: pages before
// descriptors, descriptors that are missing stay zero. The destination is kept from the first page on.
class KdumpWriter final : public DumpWriter {
  public:
    // Whether the stored bytes `stored` of page `pfn` and what lies at `earlier` are the same page.
    using SamePage = std::function<bool(const Duplicates::Stored& earlier, std::uint64_t pfn, Bytes stored)>;

    // Headers, notes and both bitmaps. `destination` must outlive the writer. Of a part of a split dump all
    // is the same, also the room for descriptors (makedumpfile --reassemble finds the shared zero page by
    // it), and only the pages of `facts.part` are expected.
    static Result<KdumpWriter> begin(Destination& destination, const KdumpFacts& facts, const PageSet& memory,
                                     const PageSet& kept);

    // From now on a page that was stored before is not stored again, where `same` agrees. The blocks must
    // have hashes.
    void share_duplicates(SamePage same);
    // Bytes that it takes.
    static std::size_t sharing_bytes(std::size_t page_size);

    // The next pages of `kept`, in order. Their descriptors are in the file when it returns.
    Result<> append(const PageBlock& block) override;
    // All pages are there: everything is synced, then the header is rewritten without its incomplete flag.
    Result<> finish() override;
    Result<> finish_partial() override;
    // Something failed: writes the descriptors of the pages that arrived. The header keeps its incomplete
    // flag.
    Result<> abandon() override;

    [[nodiscard]] std::uint64_t pages_written() const override { return described_ + pending_.size(); }
    [[nodiscard]] std::uint64_t pages_shared() const { return shared_; } // duplicates, without zero pages
    [[nodiscard]] const KdumpGeometry& geometry() const { return geometry_; }

  private:
    KdumpWriter(Destination& destination, KdumpGeometry geometry, std::uint64_t expected)
        : destination_(&destination), geometry_(geometry), expected_(expected), cursor_(geometry.data) {}
    Result<> write_headers(const KdumpFacts& facts, std::uint64_t limit);
    Result<> write_bitmap(std::uint64_t offset, const PageSet& set);
    Result<> write_zero_page(std::uint64_t page_size);
    Result<> flush_descriptors();
    std::optional<PageDescriptor> share(const PageBlock::Page& page, std::uint64_t pfn, Bytes stored,
                                        Bytes waiting);
    bool same_page(const Duplicates::Stored& earlier, std::uint64_t pfn, Bytes stored);

    Destination* destination_;
    KdumpGeometry geometry_;
    DiskDumpHeader header_{};
    PageDescriptor zero_page_{}; // shared by all pages filled with zero
    std::uint64_t expected_;     // pages in the second bitmap
    std::uint64_t described_ = 0;
    std::uint64_t cursor_; // where the next page data goes
    std::vector<PageDescriptor> pending_;
    std::optional<Duplicates> stored_pages_;
    SamePage same_page_;
    // Of pages that were shared: most repetitions are of a few pages, which are not read again each time.
    struct Shared {
        std::uint64_t offset = 0;
        std::vector<std::byte> stored;
    };
    std::array<Shared, 8> recently_shared_;
    std::size_t next_shared_ = 0; // the place for another one
    std::uint64_t shared_ = 0;
};

} // namespace kdumpkit::dump::format
