// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/range.h"

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

namespace kdumpkit::dump {

// Physical memory [begin, end) that lies at `offset` in a file.
struct Extent {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    std::uint64_t offset = 0;
};

// Where each byte of physical memory is in a file. The first claim to an address wins, so that memory which a
// vmcore holds twice (the kernel image is there both as text and as RAM) is counted and read once.
class ExtentMap {
  public:
    // Returns how many bytes of the extent somebody else had claimed before, for other bytes of the file.
    std::uint64_t claim(const Extent& extent);
    // What all claims cost so far: one for each piece that was looked at.
    [[nodiscard]] std::uint64_t steps() const { return steps_; }
    // Call once after the last claim: sorts, and melts neighbours that continue each other in the file too.
    void seal();

    [[nodiscard]] const std::vector<Extent>& extents() const { return extents_; }
    // The extent that holds `paddr`, or else the first one above it; nullptr when there is none.
    [[nodiscard]] const Extent* at_or_after(std::uint64_t paddr) const;
    // What the extents hold, rounded outwards to pages of `page_size` bytes (a power of two).
    [[nodiscard]] RangeSet pages(std::uint64_t page_size) const;

  private:
    std::map<std::uint64_t, Extent> building_;
    std::uint64_t steps_ = 0;
    std::vector<Extent> extents_;
};

} // namespace kdumpkit::dump
