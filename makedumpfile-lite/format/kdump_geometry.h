// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/bytes.h"
#include "base/error.h"
#include "base/range.h"
#include "makedumpfile-lite/kernel/kernel.h"

#include <cstdint>
#include <optional>
#include <string>

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
    std::uint64_t data = 0; // of the first page: right behind the descriptors, as makedumpfile has it
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

} // namespace kdumpkit::dump::format
