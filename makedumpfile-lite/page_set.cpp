// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/page_set.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace kdumpkit::dump {

namespace {

constexpr std::uint64_t words_per_chunk = PageSet::chunk_pages / 64;

// Bits [from, to) of a word, 0 <= from < to <= 64.
std::uint64_t word_mask(std::uint64_t from, std::uint64_t to) {
    const std::uint64_t upper = to == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << to) - 1;
    return upper & ~((std::uint64_t{1} << from) - 1);
}

} // namespace

PageSet::PageSet(std::uint64_t limit)
    : limit_(std::min(limit, highest_limit)),
      groups_((limit_ + group_chunks * chunk_pages - 1) / (group_chunks * chunk_pages)) {}

const PageSet::Chunk& PageSet::chunk(std::uint64_t index) const {
    static const Chunk empty;
    const auto& group = groups_[index / group_chunks];
    return group ? group[index % group_chunks] : empty;
}

PageSet::Chunk& PageSet::chunk_to_change(std::uint64_t index) {
    auto& group = groups_[index / group_chunks];
    if (!group)
        group = std::make_unique<Chunk[]>(group_chunks);
    return group[index % group_chunks];
}

bool PageSet::contains(std::uint64_t pfn) const {
    if (pfn >= limit_)
        return false;
    const Chunk& part = chunk(pfn / chunk_pages);
    if (!part.bits)
        return part.full;
    const std::uint64_t bit = pfn % chunk_pages;
    return (part.bits[bit / 64] >> (bit % 64) & 1) != 0;
}

void PageSet::insert(std::uint64_t begin, std::uint64_t end) {
    change(begin, end, true);
}

void PageSet::erase(std::uint64_t begin, std::uint64_t end) {
    change(begin, end, false);
}

void PageSet::change(std::uint64_t begin, std::uint64_t end, bool member) {
    end = std::min(end, limit_);
    while (begin < end) {
        const std::uint64_t first = begin / chunk_pages * chunk_pages;
        const std::uint64_t last = std::min(first + chunk_pages, end);
        const Chunk& before = chunk(begin / chunk_pages);
        if (!before.bits && before.full == member) {
            begin = last;
            continue;
        }
        Chunk& part = chunk_to_change(begin / chunk_pages);
        if (begin == first && last == first + chunk_pages) {
            part.bits.reset();
            part.full = member;
            begin = last;
            continue;
        }
        if (!part.bits) {
            part.bits = std::make_unique<std::uint64_t[]>(words_per_chunk);
            std::fill_n(part.bits.get(), words_per_chunk, part.full ? ~std::uint64_t{0} : 0);
        }
        while (begin < last) {
            const std::uint64_t bit = begin - first;
            const std::uint64_t stop = std::min(bit / 64 * 64 + 64, last - first);
            const std::uint64_t mask = word_mask(bit % 64, stop - bit / 64 * 64);
            if (member)
                part.bits[bit / 64] |= mask;
            else
                part.bits[bit / 64] &= ~mask;
            begin = first + stop;
        }
    }
}

std::uint64_t PageSet::count() const {
    return count(0, limit_);
}

std::uint64_t PageSet::count(std::uint64_t begin, std::uint64_t end) const {
    end = std::min(end, limit_);
    std::uint64_t sum = 0;
    constexpr std::uint64_t group_pages = group_chunks * chunk_pages;
    while (begin < end) {
        if (!groups_[begin / group_pages]) {
            begin = (begin / group_pages + 1) * group_pages;
            continue;
        }
        const Chunk& part = chunk(begin / chunk_pages);
        const std::uint64_t first = begin / chunk_pages * chunk_pages;
        const std::uint64_t last = std::min(first + chunk_pages, end);
        if (!part.bits) {
            sum += part.full ? last - begin : 0;
            begin = last;
            continue;
        }
        while (begin < last) {
            const std::uint64_t bit = begin - first;
            const std::uint64_t stop = std::min(bit / 64 * 64 + 64, last - first);
            sum += static_cast<std::uint64_t>(
                std::popcount(part.bits[bit / 64] & word_mask(bit % 64, stop - bit / 64 * 64)));
            begin = first + stop;
        }
    }
    return sum;
}

std::optional<std::uint64_t> PageSet::next(std::uint64_t pfn) const {
    constexpr std::uint64_t group_pages = group_chunks * chunk_pages;
    while (pfn < limit_) {
        if (!groups_[pfn / group_pages]) {
            pfn = (pfn / group_pages + 1) * group_pages;
            continue;
        }
        const Chunk& part = chunk(pfn / chunk_pages);
        const std::uint64_t first = pfn / chunk_pages * chunk_pages;
        if (!part.bits) {
            if (part.full)
                return pfn;
            pfn = first + chunk_pages;
            continue;
        }
        for (std::uint64_t word = (pfn - first) / 64; word < words_per_chunk; ++word) {
            std::uint64_t bits = part.bits[word];
            if (word == (pfn - first) / 64)
                bits &= word_mask((pfn - first) % 64, 64);
            if (bits != 0) {
                const std::uint64_t found =
                    first + word * 64 + static_cast<std::uint64_t>(std::countr_zero(bits));
                return found < limit_ ? std::optional(found) : std::nullopt;
            }
        }
        pfn = first + chunk_pages;
    }
    return std::nullopt;
}

std::uint64_t PageSet::end_of_run(std::uint64_t pfn) const {
    while (pfn < limit_) {
        const Chunk& part = chunk(pfn / chunk_pages);
        const std::uint64_t first = pfn / chunk_pages * chunk_pages;
        if (!part.bits) {
            if (!part.full)
                return pfn;
            pfn = first + chunk_pages;
            continue;
        }
        for (std::uint64_t word = (pfn - first) / 64; word < words_per_chunk; ++word) {
            std::uint64_t gaps = ~part.bits[word];
            if (word == (pfn - first) / 64)
                gaps &= word_mask((pfn - first) % 64, 64);
            if (gaps != 0)
                return std::min(limit_,
                                first + word * 64 + static_cast<std::uint64_t>(std::countr_zero(gaps)));
        }
        pfn = first + chunk_pages;
    }
    return limit_;
}

std::uint64_t PageSet::next_chunk(std::uint64_t index) const {
    const std::uint64_t count = (limit_ + chunk_pages - 1) / chunk_pages;
    while (index < count) {
        if (!groups_[index / group_chunks])
            index = (index / group_chunks + 1) * group_chunks;
        else if (const Chunk& part = chunk(index); part.bits || part.full)
            return index;
        else
            ++index;
    }
    return count;
}

void PageSet::copy_chunk(std::uint64_t index, std::span<std::byte, chunk_bytes> out) const {
    std::fill(out.begin(), out.end(), std::byte{0});
    if (index >= (limit_ + chunk_pages - 1) / chunk_pages)
        return;
    const Chunk& part = chunk(index);
    if (part.bits) {
        for (std::uint64_t word = 0; word < words_per_chunk; ++word)
            for (unsigned i = 0; i < 8; ++i)
                out[word * 8 + i] = static_cast<std::byte>(part.bits[word] >> (8 * i) & 0xff);
    } else if (part.full) {
        const std::uint64_t pages = std::min(chunk_pages, limit_ - index * chunk_pages);
        for (std::uint64_t i = 0; i < pages; ++i)
            out[i / 8] |= static_cast<std::byte>(1U << (i % 8));
    }
}

void PageSet::set_chunk(std::uint64_t index, std::span<const std::byte, chunk_bytes> bitmap) {
    const std::uint64_t first = index * chunk_pages;
    if (index > highest_limit / chunk_pages || first >= limit_)
        return;
    const auto all = [&](std::byte value) {
        return std::all_of(bitmap.begin(), bitmap.end(), [&](std::byte b) { return b == value; });
    };
    if (all(std::byte{0}))
        return erase(first, first + chunk_pages);
    if (all(std::byte{0xff}))
        return insert(first, first + chunk_pages);
    Chunk& part = chunk_to_change(index);
    part.bits = std::make_unique<std::uint64_t[]>(words_per_chunk);
    for (std::uint64_t word = 0; word < words_per_chunk; ++word)
        for (unsigned i = 0; i < 8; ++i)
            part.bits[word] |= std::to_integer<std::uint64_t>(bitmap[word * 8 + i]) << (8 * i);
    if (limit_ - first < chunk_pages)
        for (std::uint64_t bit = limit_ - first; bit < chunk_pages;) {
            const std::uint64_t stop = bit / 64 * 64 + 64;
            part.bits[bit / 64] &= ~word_mask(bit % 64, 64);
            bit = stop;
        }
}

void PageSet::keep_only(const PageSet& other) {
    const std::uint64_t count = (limit_ + chunk_pages - 1) / chunk_pages;
    const std::uint64_t others = (other.limit_ + chunk_pages - 1) / chunk_pages;
    for (std::uint64_t index = next_chunk(0); index < count; index = next_chunk(index + 1)) {
        static const Chunk none;
        const Chunk& theirs = index < others ? other.chunk(index) : none;
        if (!theirs.bits && theirs.full)
            continue;
        Chunk& ours = chunk_to_change(index);
        if (!theirs.bits) {
            ours = Chunk{};
            continue;
        }
        if (!ours.bits) {
            ours.bits = std::make_unique<std::uint64_t[]>(words_per_chunk);
            std::fill_n(ours.bits.get(), words_per_chunk, ~std::uint64_t{0});
        }
        for (std::uint64_t word = 0; word < words_per_chunk; ++word)
            ours.bits[word] &= theirs.bits[word];
    }
}

std::uint64_t PageSet::memory_bytes() const {
    std::uint64_t sum = groups_.capacity() * sizeof(groups_[0]);
    for (const auto& group : groups_) {
        if (!group)
            continue;
        sum += group_chunks * sizeof(Chunk);
        for (std::uint64_t i = 0; i < group_chunks; ++i)
            sum += group[i].bits ? chunk_bytes : 0;
    }
    return sum;
}

} // namespace kdumpkit::dump
