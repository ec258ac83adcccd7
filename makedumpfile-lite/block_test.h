// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "makedumpfile-lite/kernel/data.h"
#include "makedumpfile-lite/kernel/page.h"
#include "makedumpfile-lite/kernel/virtual_memory.h"

#include <cstdint>
#include <utility>

namespace kdumpkit::dump {

// A block is dropped as a whole on the word of its first struct page; this asks some of the others whether
// they belong to it. With a reader of its own, so that views of the caller's stay valid.
class BlockTest {
  public:
    // The image and the kernel, whose layout must have been resolved, outlive this.
    BlockTest(const Image& image, const Kernel::Data& kernel);

    // `bytes`: struct pages that the caller has at hand; that of the block's first page is number `index`
    // there and has the virtual address `address`. The others are read. Of a compound page the last is asked,
    // of a free block those where a smaller block could begin.
    bool holds_together(const PageVerdict& verdict, Bytes bytes, std::uint64_t index, std::uint64_t address);
    // Whether an address cannot be read because the image was made without that page.
    bool left_out(std::uint64_t vaddr);
    // Whether holds_together() has missed such a struct page since this was asked last.
    bool missed() { return std::exchange(missed_, false); }

    VirtualMemory& memory() { return memory_; }

  private:
    const PageLayout& layout_;
    std::uint64_t page_size_;
    const RangeSet& held_;
    const PageSet* present_;
    VirtualMemory memory_;
    bool missed_ = false;
};

} // namespace kdumpkit::dump
