// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "makedumpfile-lite/block_test.h"
#include "makedumpfile-lite/filter.h"
#include "makedumpfile-lite/kernel/data.h"
#include "makedumpfile-lite/kernel/page.h"
#include "makedumpfile-lite/kernel/virtual_memory.h"
#include "makedumpfile-lite/survey.h"
#include "makedumpfile-lite/unused_map.h"

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace kdumpkit::dump {

// Every page of the image, kept.
Selection all_pages(const Image& image, std::uint64_t page_size);

// One forward walk over struct pages, in the order of pfns. A page that heads a block decides for the whole
// block.
class PageWalk {
  public:
    // The image, the kernel and its layout, which must have been resolved, outlive this.
    PageWalk(const Image& image, const Kernel::Data& kernel, const FilterOptions& options);

    // The pages of the image's memory and, for the self-check, those others that the kernel's nodes span.
    // `progress` gets the number of the image's pages so far (may be empty).
    Result<> all(const std::function<Result<>(std::uint64_t)>& progress);
    // Drops what the CPUs' own lists hold, after all ranges were walked.
    void per_cpu_lists();
    // Compares with the kernel's counters: Selection::checks.
    void check();
    // Drops the struct pages of what was dropped; the last of all.
    void unused_map();
    void warn(std::string text) { selection_.warnings.push_back(std::move(text)); }
    Selection finish();

  private:
    // pfns [begin, end), not below those of earlier calls.
    Result<> range(std::uint64_t begin, std::uint64_t end,
                   const std::function<Result<>(std::uint64_t)>& progress);
    void add_section(const MapSection& section);
    void section(std::uint64_t begin, std::uint64_t end, std::uint64_t map, std::uint64_t section_begin);
    void pages(Bytes bytes, std::uint64_t pfn, std::uint64_t address, std::uint64_t end);
    void drop(std::uint64_t begin, std::uint64_t end, std::uint64_t& counter);
    // How many pages from `pfn` on were passed: up to one that needs a second look.
    std::uint64_t plain_pages(Bytes bytes, std::uint64_t pfn);
    void count_plain();
    void extend_pending(std::uint64_t begin, std::uint64_t end) {
        if (pending_.end != begin) {
            flush();
            pending_.begin = begin;
        }
        pending_.end = end;
    }
    void flush() {
        selection_.kept.erase(pending_.begin, pending_.end);
        pending_ = {};
    }
    void unclassified(std::uint64_t begin, std::uint64_t end, const std::string& why);
    // Pages of [begin, end) that the image claims to hold and can still give.
    std::uint64_t held(std::uint64_t begin, std::uint64_t end) const;

    const Image& image_;
    FilterOptions options_;
    const PageSet* present_; // Image::present()
    const PageLayout& layout_;
    const MemoryMap& map_;
    const Kernel::Data& kernel_;
    VirtualMemory memory_;
    BlockTest test_;
    Selection selection_;
    FoundPages found_;
    std::array<bool, page_classes> drops_{};          // by PageClass: drops()
    std::array<std::uint64_t, page_classes> plain_{}; // not yet in the counts
    std::uint64_t view_pages_ = 0;
    std::uint64_t decided_ = 0;        // pfns below this are done: the end of the last block
    Range pending_;                    // dropped, not yet erased: neighbours melt into one
    std::vector<MapSection> sections_; // whose struct pages were read, by pfn
    std::uint64_t huge_until_ = 0;     // the end of the last hugetlb page
    std::uint64_t senseless_ = 0;
    std::uint64_t seen_ = 0; // pages of the image that the walk has passed
};

} // namespace kdumpkit::dump
