// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "makedumpfile-lite/page_chunk.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace kdumpkit::dump {

// A set of pfns below a fixed limit, in chunks of 32768 pages. A chunk costs 24 bytes, 2 bytes more for each
// place where a run of members begins or ends, and 4 KiB at most: neither the sparse address space of a large
// machine nor its memory costs a bitmap. Chunks exist in groups of 512 (64 GiB of 4 KiB pages), and a group
// without members costs 8 bytes: a hostile address costs next to nothing. Reading from several threads is
// safe while nobody changes it.
class PageSet {
  public:
    static constexpr std::uint64_t chunk_pages = PageChunk::pages;
    static constexpr std::size_t chunk_bytes = PageChunk::bitmap_bytes;
    // What x86-64 can address in pages of 4 KiB: 2^52 bytes.
    static constexpr std::uint64_t highest_limit = std::uint64_t{1} << 40;

    // pfns [0, limit); a limit above highest_limit is cut to it.
    explicit PageSet(std::uint64_t limit);

    [[nodiscard]] std::uint64_t limit() const { return limit_; }
    [[nodiscard]] bool contains(std::uint64_t pfn) const;
    // Half-open; clipped to the limit.
    void insert(std::uint64_t begin, std::uint64_t end);
    void erase(std::uint64_t begin, std::uint64_t end);
    [[nodiscard]] std::uint64_t count() const;
    [[nodiscard]] std::uint64_t count(std::uint64_t begin, std::uint64_t end) const;
    // The first member at or after `pfn`.
    [[nodiscard]] std::optional<std::uint64_t> next(std::uint64_t pfn) const;
    // The first pfn at or after `pfn` that is no member; the limit when all are.
    [[nodiscard]] std::uint64_t end_of_run(std::uint64_t pfn) const;
    // The first chunk at or after `index` that has members, or one behind the last chunk.
    [[nodiscard]] std::uint64_t next_chunk(std::uint64_t index) const;
    // The bitmap of chunk `index` (pfn / chunk_pages), bit i of byte i/8 first: the order of the kdump
    // format.
    void copy_chunk(std::uint64_t index, std::span<std::byte, chunk_bytes> out) const;
    // The reverse: chunk `index` becomes this bitmap, without what lies at or beyond the limit.
    void set_chunk(std::uint64_t index, std::span<const std::byte, chunk_bytes> bitmap);
    // Members that are not in `other` go.
    void keep_only(const PageSet& other);
    [[nodiscard]] std::uint64_t memory_bytes() const;

  private:
    static constexpr std::uint64_t group_chunks = 512;
    static constexpr std::uint64_t group_pages = group_chunks * chunk_pages;
    void change(std::uint64_t begin, std::uint64_t end, bool member);
    [[nodiscard]] std::uint64_t chunk_count() const { return (limit_ + chunk_pages - 1) / chunk_pages; }
    [[nodiscard]] const PageChunk& chunk(std::uint64_t index) const;
    [[nodiscard]] PageChunk& chunk_to_change(std::uint64_t index);
    void changed(std::uint64_t index);

    std::uint64_t limit_;
    std::vector<std::unique_ptr<PageChunk[]>> groups_; // null: no members
    // Chunks that were changed last and are bitmaps: changes mostly come near each other.
    std::array<std::uint64_t, 16> unpacked_{};
    std::size_t turn_ = 0;
};

} // namespace kdumpkit::dump
