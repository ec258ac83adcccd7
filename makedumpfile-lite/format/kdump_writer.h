// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/bytes.h"
#include "base/error.h"
#include "makedumpfile-lite/format/destination.h"
#include "makedumpfile-lite/format/kdump_layout.h"
#include "makedumpfile-lite/format/page_block.h"
#include "makedumpfile-lite/kernel/kernel.h"
#include "makedumpfile-lite/page_set.h"

#include <cstdint>
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
};

// Where each part lies, in bytes from the start of the file.
struct KdumpGeometry {
    std::uint64_t notes = 0;      // the ELF notes
    std::uint64_t vmcoreinfo = 0; // inside the notes or behind them; 0: none
    std::uint64_t vmcoreinfo_size = 0;
    bool vmcoreinfo_appended = false;
    std::uint64_t bitmaps = 0;     // the first bitmap
    std::uint64_t bitmap_size = 0; // bytes of one bitmap, whole blocks
    std::uint64_t descriptors = 0;
    std::uint64_t data = 0; // the first byte of page data
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
class KdumpWriter {
  public:
    // Headers, notes and both bitmaps. `destination` must outlive the writer.
    static Result<KdumpWriter> begin(Destination& destination, const KdumpFacts& facts, const PageSet& memory,
                                     const PageSet& kept);

    // The next pages of `kept`, in order. Their descriptors are in the file when it returns.
    Result<> append(const PageBlock& block);
    // All pages are there: everything is synced, then the header is rewritten without its incomplete flag.
    Result<> finish();
    // Something failed: writes the descriptors of the pages that arrived. The header keeps its incomplete
    // flag.
    Result<> abandon();

    [[nodiscard]] std::uint64_t pages_written() const { return described_ + pending_.size(); }
    [[nodiscard]] const KdumpGeometry& geometry() const { return geometry_; }

  private:
    KdumpWriter(Destination& destination, KdumpGeometry geometry, std::uint64_t expected)
        : destination_(&destination), geometry_(geometry), expected_(expected), cursor_(geometry.data) {}
    Result<> write_headers(const KdumpFacts& facts, std::uint64_t limit);
    Result<> write_bitmap(std::uint64_t offset, const PageSet& set);
    Result<> write_zero_page(std::uint64_t page_size);
    Result<> flush_descriptors();

    Destination* destination_;
    KdumpGeometry geometry_;
    DiskDumpHeader header_{};
    PageDescriptor zero_page_{}; // shared by all pages filled with zero
    std::uint64_t expected_;     // pages in the second bitmap
    std::uint64_t described_ = 0;
    std::uint64_t cursor_; // where the next page data goes
    std::vector<PageDescriptor> pending_;
};

} // namespace kdumpkit::dump::format
