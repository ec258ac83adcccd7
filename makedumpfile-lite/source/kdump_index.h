// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "base/range.h"
#include "makedumpfile-lite/format/kdump_layout.h"
#include "makedumpfile-lite/page_set.h"
#include "makedumpfile-lite/source/content.h"
#include "makedumpfile-lite/source/kdump_headers.h"

#include <cstdint>
#include <functional>
#include <vector>

namespace kdumpkit::dump {

// One of the two bitmaps of a kdump-compressed file. A file that ends inside it is `corrupt`. Parts that lie
// in a hole of the file cost no time.
Result<PageSet> read_kdump_bitmap(const Content& content, const KdumpHeaders& headers, std::uint64_t offset);

// The pages that have a descriptor in this file, in their order: the second bitmap, or, in one file of a
// split dump, this file's share of it.
Result<PageSet> read_described_pages(const Content& content, const KdumpHeaders& headers);

// Numbers the members of a set in the order of the pfns: the n-th page has the n-th descriptor. The set must
// outlive it. Costs 16 bytes for each 32768 pfns with members.
class KdumpIndex {
  public:
    explicit KdumpIndex(const PageSet& described);
    // Members below `pfn`.
    [[nodiscard]] std::uint64_t number_of(std::uint64_t pfn) const;
    [[nodiscard]] std::uint64_t count() const { return count_; }

  private:
    struct Chunk {
        std::uint64_t index, members_before;
    };
    const PageSet& described_;
    std::vector<Chunk> chunks_; // those with members
    std::uint64_t count_ = 0;
};

// Whether a descriptor names bytes that the file has; a page that never arrived has none.
[[nodiscard]] bool is_stored(const format::PageDescriptor& descriptor, std::uint64_t page_size,
                             std::uint64_t file_size);

// Every page of `described` with its descriptor, in the order of the pfns, until the file ends: `each` gets
// nullptr for pages whose descriptor the file does not have. An error from it ends the walk.
Result<>
for_each_descriptor(const Content& content, const KdumpHeaders& headers, const PageSet& described,
                    const std::function<Result<>(std::uint64_t pfn, const format::PageDescriptor*)>& each);

} // namespace kdumpkit::dump
