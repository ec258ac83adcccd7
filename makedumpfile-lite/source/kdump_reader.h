// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "makedumpfile-lite/decompressor.h"
#include "makedumpfile-lite/source/content.h"
#include "makedumpfile-lite/source/file_window.h"
#include "makedumpfile-lite/source/kdump_headers.h"
#include "makedumpfile-lite/source/kdump_index.h"
#include "makedumpfile-lite/source/paged_reader.h"
#include "makedumpfile-lite/source/recent_slots.h"

#include <memory>
#include <optional>
#include <vector>

namespace kdumpkit::dump {

// An opened kdump-compressed file, as its readers need it.
struct KdumpPages {
    std::unique_ptr<Content> content;
    KdumpHeaders headers;
    RangeSet memory;
    PageSet described{0}; // the second bitmap
    std::optional<KdumpIndex> index;
    std::optional<PageSet> arrived; // of those, when some did not
    [[nodiscard]] const PageSet& present() const { return arrived ? *arrived : described; }
};

// Reads its pages, for one thread. `file` must outlive it.
class KdumpReader final : public PagedReader {
  public:
    explicit KdumpReader(const KdumpPages& file);
    std::optional<Range> stored_at(std::uint64_t paddr) override;

  protected:
    Result<Bytes> page(std::uint64_t pfn) override;
    Result<> load(std::uint64_t pfn, std::span<std::byte> out) override;

  private:
    std::uint64_t number_of(std::uint64_t pfn);
    Result<format::PageDescriptor> descriptor_of(std::uint64_t pfn);

    const KdumpPages& file_;
    FileWindow window_;
    Decompressor decompressor_;
    RecentSlots<std::uint64_t, std::vector<std::byte>> pages_; // by pfn
    std::uint64_t last_pfn_ = 0;
    std::uint64_t last_number_ = 0;
};

} // namespace kdumpkit::dump
