// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/range.h"
#include "makedumpfile-lite/page_set.h"
#include "makedumpfile-lite/source/image.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace kdumpkit::dump::format {

// One PT_LOAD: pfns [pages.begin, pages.end) that the machine had, of which the first `stored` are in the
// file.
struct ElfSegment {
    Range pages;
    std::uint64_t stored = 0;
    friend bool operator==(const ElfSegment&, const ElfSegment&) = default;
};

struct ElfPlan {
    std::vector<ElfSegment> segments; // rising
    PageSet pages;                    // in the file: what is kept, and the short gaps in it
};

// As makedumpfile does it: dropped pages are memory beyond the bytes in the file, which readers take as zero;
// a gap of less than 256 pages is not worth a program header, and its pages are saved after all, if they are
// all in `readable`. With more than `most` segments, longer gaps are saved, too.
inline constexpr std::uint64_t elf_gap = 256;
inline constexpr std::size_t most_elf_segments = 100000;
ElfPlan plan_elf(const PageSet& kept, const PageSet& memory, const PageSet& readable,
                 std::size_t most = most_elf_segments);

} // namespace kdumpkit::dump::format
