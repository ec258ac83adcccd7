// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/page_set.h"

#include <algorithm>
#include <utility>

namespace kdumpkit::dump {

PageSet::PageSet(std::uint64_t limit)
    : limit_(std::min(limit, highest_limit)), groups_((limit_ + group_pages - 1) / group_pages) {}

const PageChunk& PageSet::chunk(std::uint64_t index) const {
    static const PageChunk empty;
    const auto& group = groups_[index / group_chunks];
    return group ? group[index % group_chunks] : empty;
}

PageChunk& PageSet::chunk_to_change(std::uint64_t index) {
    auto& group = groups_[index / group_chunks];
    if (!group)
        group = std::make_unique<PageChunk[]>(group_chunks);
    return group[index % group_chunks];
}

// Packs what was unpacked longest.
void PageSet::changed(std::uint64_t index) {
    if (!chunk(index).unpacked() || std::find(unpacked_.begin(), unpacked_.end(), index) != unpacked_.end())
        return;
    const std::uint64_t oldest = std::exchange(unpacked_[turn_++ % unpacked_.size()], index);
    if (oldest < chunk_count() && groups_[oldest / group_chunks])
        chunk_to_change(oldest).pack();
}

bool PageSet::contains(std::uint64_t pfn) const {
    return pfn < limit_ && chunk(pfn / chunk_pages).contains(static_cast<std::uint32_t>(pfn % chunk_pages));
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
        const std::uint64_t index = begin / chunk_pages;
        const std::uint64_t first = index * chunk_pages;
        const std::uint64_t last = std::min(first + chunk_pages, end);
        if (member || groups_[index / group_chunks]) {
            chunk_to_change(index).change(static_cast<std::uint32_t>(begin - first),
                                          static_cast<std::uint32_t>(last - first), member);
            changed(index);
            begin = last;
        } else {
            begin = (index / group_chunks + 1) * group_pages;
        }
    }
}

std::uint64_t PageSet::count() const {
    return count(0, limit_);
}

std::uint64_t PageSet::count(std::uint64_t begin, std::uint64_t end) const {
    end = std::min(end, limit_);
    std::uint64_t sum = 0;
    while (begin < end) {
        const std::uint64_t index = begin / chunk_pages;
        if (!groups_[index / group_chunks]) {
            begin = (index / group_chunks + 1) * group_pages;
            continue;
        }
        const std::uint64_t first = index * chunk_pages;
        const std::uint64_t last = std::min(first + chunk_pages, end);
        sum += chunk(index).count(static_cast<std::uint32_t>(begin - first),
                                  static_cast<std::uint32_t>(last - first));
        begin = last;
    }
    return sum;
}

std::optional<std::uint64_t> PageSet::next(std::uint64_t pfn) const {
    while (pfn < limit_) {
        const std::uint64_t index = pfn / chunk_pages;
        if (!groups_[index / group_chunks]) {
            pfn = (index / group_chunks + 1) * group_pages;
            continue;
        }
        const std::uint64_t first = index * chunk_pages;
        const std::uint32_t found = chunk(index).next(static_cast<std::uint32_t>(pfn - first), true);
        if (found < chunk_pages)
            return first + found;
        pfn = first + chunk_pages;
    }
    return std::nullopt;
}

std::uint64_t PageSet::end_of_run(std::uint64_t pfn) const {
    while (pfn < limit_) {
        const std::uint64_t first = pfn / chunk_pages * chunk_pages;
        const std::uint32_t found =
            chunk(pfn / chunk_pages).next(static_cast<std::uint32_t>(pfn - first), false);
        if (found < chunk_pages)
            return std::min(limit_, first + found);
        pfn = first + chunk_pages;
    }
    return limit_;
}

std::uint64_t PageSet::next_chunk(std::uint64_t index) const {
    while (index < chunk_count()) {
        if (!groups_[index / group_chunks])
            index = (index / group_chunks + 1) * group_chunks;
        else if (!chunk(index).empty())
            return index;
        else
            ++index;
    }
    return chunk_count();
}

void PageSet::copy_chunk(std::uint64_t index, std::span<std::byte, chunk_bytes> out) const {
    if (index < chunk_count())
        chunk(index).copy_to(out);
    else
        std::fill(out.begin(), out.end(), std::byte{0});
}

void PageSet::set_chunk(std::uint64_t index, std::span<const std::byte, chunk_bytes> bitmap) {
    if (index >= chunk_count())
        return;
    const bool zero =
        std::all_of(bitmap.begin(), bitmap.end(), [](std::byte byte) { return byte == std::byte{0}; });
    if (zero && !groups_[index / group_chunks])
        return;
    PageChunk& part = chunk_to_change(index);
    part.assign(bitmap);
    const std::uint64_t held = limit_ - index * chunk_pages;
    if (held < chunk_pages)
        part.change(static_cast<std::uint32_t>(held), chunk_pages, false);
    part.pack();
}

void PageSet::keep_only(const PageSet& other) {
    static const PageChunk none;
    for (std::uint64_t index = next_chunk(0); index < chunk_count(); index = next_chunk(index + 1))
        chunk_to_change(index).keep_only(index < other.chunk_count() ? other.chunk(index) : none);
}

std::uint64_t PageSet::memory_bytes() const {
    std::uint64_t sum = groups_.capacity() * sizeof(groups_[0]);
    for (const auto& group : groups_) {
        if (!group)
            continue;
        sum += group_chunks * sizeof(PageChunk);
        for (std::uint64_t i = 0; i < group_chunks; ++i)
            sum += group[i].memory_bytes();
    }
    return sum;
}

} // namespace kdumpkit::dump
