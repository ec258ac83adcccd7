// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/bytes.h"
#include "base/error.h"
#include "makedumpfile-lite/format/destination.h"
#include "makedumpfile-lite/format/dump_writer.h"
#include "makedumpfile-lite/format/duplicates.h"
#include "makedumpfile-lite/format/kdump_layout.h"
#include "makedumpfile-lite/kernel/kernel.h"
#include "makedumpfile-lite/page_set.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace kdumpkit::dump::format {

// What the headers of a dump say.
struct KdumpFacts {
    dump::Utsname utsname;
    std::uint64_t page_size = 4096; // bytes, a power of two
    std::uint64_t phys_base = 0;    // bytes
    std::uint64_t crash_time = 0;   // seconds since 1970
    unsigned level = 0;             // the dump level
    std::uint32_t compression = 0;  // status_…, 0 for none
    Bytes notes;                    // ELF notes; must outlive the writer's begin()
    std::string vmcoreinfo;         // used when the notes do not hold it; may be empty
    std::string eraseinfo;          // what was erased from the pages, one line each; may be empty
    std::optional<Range> part;      // of a split dump: the pfns whose pages this file has
};

// Where each part lies, in bytes from the start of the file.
struct KdumpGeometry {
    std::uint64_t notes = 0;      // the ELF notes
    std::uint64_t vmcoreinfo = 0; // inside the notes or behind them; 0: none
    std::uint64_t vmcoreinfo_size = 0;
    bool vmcoreinfo_appended = false;
    std::uint64_t eraseinfo = 0;   // behind the notes; 0: none
    std::uint64_t bitmaps = 0;     // the first bitmap
    std::uint64_t bitmap_size = 0; // bytes of one bitmap, whole blocks
    std::uint64_t descriptors = 0;
    std::uint64_t data =
        0; // the first byte of page data: right behind the descriptors, as makedumpfile has it
    friend bool operator==(const KdumpGeometry&, const KdumpGeometry&) = default;
};

// The format has two bits for every page frame below the highest one, present or not, and readers hold them
// in memory. Up to 2^30 frames (4 TiB: two bitmaps of 128 MiB) anything goes; above, an image with less than
// one page in 1024 frames is `unsupported`. Known large machines are far denser: 64 TiB of address space with
// 1 TiB in it passes.
inline constexpr std::uint64_t always_described = std::uint64_t{1} << 30;
inline constexpr std::uint64_t sparsest = 1024;
Result<> check_kdump_bitmaps(std::uint64_t limit, std::uint64_t pages);

// `limit`: one more than the highest pfn; `pages`: members of the second bitmap. More than the format's
// 32-bit block counts can hold is `unsupported`.
Result<KdumpGeometry> plan_kdump(const KdumpFacts& facts, std::uint64_t limit, std::uint64_t pages);

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
    // have hashes. `bytes`: what to remember.
    void share_duplicates(std::size_t bytes, SamePage same);

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
    std::uint64_t shared_ = 0;
};

} // namespace kdumpkit::dump::format
