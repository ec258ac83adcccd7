// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/page_chunk.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

namespace kdumpkit::dump {

namespace {

constexpr std::uint32_t word_count = PageChunk::pages / 64;
// With more edges than this a bitmap is smaller.
constexpr std::uint32_t most_edges = PageChunk::bitmap_bytes / sizeof(std::uint16_t) - 1;
// With more than this a bitmap is faster to change.
constexpr std::uint32_t few_edges = 64;

static_assert(std::endian::native == std::endian::little, "bitmaps are copied as they are");

// Bits [from, to) of a word, 0 <= from < to <= 64.
std::uint64_t word_mask(std::uint32_t from, std::uint32_t to) {
    const std::uint64_t upper = to == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << to) - 1;
    return upper & ~((std::uint64_t{1} << from) - 1);
}

// Calls `part` for each word of [begin, end) with the mask of its bits.
template<class Part>
void each_word(std::uint32_t begin, std::uint32_t end, const Part& part) {
    while (begin < end) {
        const std::uint32_t word = begin / 64;
        const std::uint32_t stop = std::min(word * 64 + 64, end);
        part(word, word_mask(begin % 64, stop - word * 64));
        begin = stop;
    }
}

// The bits that differ from the page before; `before` is the page before the word's first.
std::uint64_t edges_of(std::uint64_t bits, bool before) {
    return bits ^ (bits << 1 | (before ? 1 : 0));
}

} // namespace

std::uint32_t PageChunk::edges_until(std::uint32_t page) const {
    const std::uint16_t* const begin = edges_.get();
    return static_cast<std::uint32_t>(std::upper_bound(begin, begin + edge_count_, page) - begin);
}

bool PageChunk::contains(std::uint32_t page) const {
    if (bits_)
        return (bits_[page / 64] >> (page % 64) & 1) != 0;
    return first_ != (edges_until(page) % 2 != 0);
}

std::uint32_t PageChunk::count(std::uint32_t begin, std::uint32_t end) const {
    std::uint32_t sum = 0;
    if (bits_) {
        each_word(begin, end, [&](std::uint32_t word, std::uint64_t mask) {
            sum += static_cast<std::uint32_t>(std::popcount(bits_[word] & mask));
        });
        return sum;
    }
    std::uint32_t edge = edges_until(begin);
    for (bool member = first_ != (edge % 2 != 0); begin < end; member = !member) {
        const std::uint32_t stop = edge < edge_count_ ? std::min<std::uint32_t>(edges_[edge++], end) : end;
        sum += member ? stop - begin : 0;
        begin = stop;
    }
    return sum;
}

std::uint32_t PageChunk::next(std::uint32_t page, bool member) const {
    if (!bits_) {
        const std::uint32_t edge = edges_until(page);
        if ((first_ != (edge % 2 != 0)) == member)
            return page;
        return edge < edge_count_ ? edges_[edge] : pages;
    }
    std::uint64_t mask = word_mask(page % 64, 64);
    for (std::uint32_t word = page / 64; word < word_count; ++word) {
        const std::uint64_t found = (member ? bits_[word] : ~bits_[word]) & mask;
        if (found != 0)
            return word * 64 + static_cast<std::uint32_t>(std::countr_zero(found));
        mask = ~std::uint64_t{0};
    }
    return pages;
}

void PageChunk::copy_to(std::span<std::byte, bitmap_bytes> out) const {
    if (bits_) {
        std::memcpy(out.data(), bits_.get(), bitmap_bytes);
        return;
    }
    std::array<std::uint64_t, word_count> bits{};
    bool member = first_;
    for (std::uint32_t edge = 0, begin = 0; edge <= edge_count_; ++edge, member = !member) {
        const std::uint32_t end = edge < edge_count_ ? edges_[edge] : pages;
        if (member)
            each_word(begin, end, [&](std::uint32_t word, std::uint64_t mask) { bits[word] |= mask; });
        begin = end;
    }
    std::memcpy(out.data(), bits.data(), bitmap_bytes);
}

void PageChunk::unpack() {
    auto bits = std::make_unique<std::uint64_t[]>(word_count);
    copy_to(std::span<std::byte, bitmap_bytes>(reinterpret_cast<std::byte*>(bits.get()), bitmap_bytes));
    bits_ = std::move(bits);
    edges_.reset();
    edge_count_ = 0;
}

void PageChunk::pack() {
    if (!bits_)
        return;
    std::uint32_t count = 0;
    const bool first = (bits_[0] & 1) != 0;
    bool before = first;
    for (std::uint32_t word = 0; word < word_count; ++word) {
        count += static_cast<std::uint32_t>(std::popcount(edges_of(bits_[word], before)));
        before = bits_[word] >> 63 != 0;
    }
    if (count > most_edges)
        return;
    auto edges = count != 0 ? std::make_unique<std::uint16_t[]>(count) : nullptr;
    std::uint32_t at = 0;
    before = first;
    for (std::uint32_t word = 0; word < word_count; ++word) {
        for (std::uint64_t left = edges_of(bits_[word], before); left != 0; left &= left - 1)
            edges[at++] =
                static_cast<std::uint16_t>(word * 64 + static_cast<std::uint32_t>(std::countr_zero(left)));
        before = bits_[word] >> 63 != 0;
    }
    bits_.reset();
    edges_ = std::move(edges);
    edge_count_ = static_cast<std::uint16_t>(count);
    first_ = first;
}

void PageChunk::change(std::uint32_t begin, std::uint32_t end, bool member) {
    if (begin == 0 && end == pages) {
        *this = PageChunk();
        first_ = member;
        return;
    }
    if (!bits_ && edge_count_ + 2U <= few_edges)
        return change_edges(begin, end, member);
    if (!bits_)
        unpack();
    each_word(begin, end, [&](std::uint32_t word, std::uint64_t mask) {
        if (member)
            bits_[word] |= mask;
        else
            bits_[word] &= ~mask;
    });
}

void PageChunk::change_edges(std::uint32_t begin, std::uint32_t end, bool member) {
    std::array<std::uint16_t, few_edges> fresh;
    std::uint32_t count = 0;
    const auto add = [&](std::uint32_t edge) { fresh[count++] = static_cast<std::uint16_t>(edge); };
    const std::uint32_t below = begin == 0 ? 0 : edges_until(begin - 1);
    const std::uint32_t until = end == pages ? edge_count_ : edges_until(end);
    std::copy_n(edges_.get(), below, fresh.begin());
    count = below;
    if (begin != 0 && contains(begin - 1) != member)
        add(begin);
    if (end != pages && contains(end) != member)
        add(end);
    if (begin == 0)
        first_ = member;
    std::copy(edges_.get() + until, edges_.get() + edge_count_, fresh.begin() + count);
    count += edge_count_ - until;
    if (count != edge_count_)
        edges_ = count != 0 ? std::make_unique<std::uint16_t[]>(count) : nullptr;
    std::copy_n(fresh.begin(), count, edges_.get());
    edge_count_ = static_cast<std::uint16_t>(count);
}

void PageChunk::assign(std::span<const std::byte, bitmap_bytes> bitmap) {
    *this = PageChunk();
    bits_ = std::make_unique<std::uint64_t[]>(word_count);
    std::memcpy(bits_.get(), bitmap.data(), bitmap_bytes);
    pack();
}

void PageChunk::keep_only(const PageChunk& other) {
    if (other.uniform() && other.first_)
        return;
    if (other.empty()) {
        *this = PageChunk();
        return;
    }
    std::array<std::uint64_t, word_count> theirs;
    other.copy_to(std::as_writable_bytes(std::span(theirs)));
    if (!bits_)
        unpack();
    for (std::uint32_t word = 0; word < word_count; ++word)
        bits_[word] &= theirs[word];
    pack();
}

std::size_t PageChunk::memory_bytes() const {
    return bits_ ? bitmap_bytes : edge_count_ * sizeof(std::uint16_t);
}

} // namespace kdumpkit::dump
