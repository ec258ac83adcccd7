// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace kdumpkit::dump {

// Which of 32768 neighbouring pages are members: as a bitmap of 4 KiB, or as the edges where membership
// changes, 2 bytes each, where that is less. Pages are numbered from 0 within the chunk, ranges are half-open
// and not empty. Reading from several threads is safe while nobody changes it.
class PageChunk {
  public:
    static constexpr std::uint32_t pages = 32768;
    static constexpr std::size_t bitmap_bytes = pages / 8;

    [[nodiscard]] bool contains(std::uint32_t page) const;
    [[nodiscard]] std::uint32_t count(std::uint32_t begin, std::uint32_t end) const;
    // The first page from `page` on that is a member, or that is none; `pages` when there is no such page.
    [[nodiscard]] std::uint32_t next(std::uint32_t page, bool member) const;
    [[nodiscard]] bool empty() const { return uniform() && !first_; }
    [[nodiscard]] bool uniform() const { return !bits_ && edge_count_ == 0; }
    // Bit i of byte i/8 first: the order of the kdump format.
    void copy_to(std::span<std::byte, bitmap_bytes> out) const;

    void change(std::uint32_t begin, std::uint32_t end, bool member);
    void assign(std::span<const std::byte, bitmap_bytes> bitmap);
    void keep_only(const PageChunk& other);
    // Whether it has become a bitmap to be changed fast; pack() when it will not be changed soon.
    [[nodiscard]] bool unpacked() const { return bits_ != nullptr; }
    void pack();
    [[nodiscard]] std::size_t memory_bytes() const; // besides the object itself

  private:
    void unpack();
    void change_edges(std::uint32_t begin, std::uint32_t end, bool member);
    // How many edges lie at or below the page.
    [[nodiscard]] std::uint32_t edges_until(std::uint32_t page) const;

    std::unique_ptr<std::uint64_t[]> bits_;
    std::unique_ptr<std::uint16_t[]> edges_; // ascending, each from 1 to pages - 1
    std::uint16_t edge_count_ = 0;
    bool first_ = false; // without bits: whether page 0 is a member
};

} // namespace kdumpkit::dump
