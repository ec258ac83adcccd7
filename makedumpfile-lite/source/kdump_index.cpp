// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/source/kdump_index.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace kdumpkit::dump {

using format::PageDescriptor;

namespace {

// A set of pages may cost so many bytes of memory, and so many for each byte of the file: a few bits here and
// there, in a bitmap that is mostly a hole, cost thousands of times what they take in the file.
constexpr std::uint64_t free_cost = std::uint64_t{32} << 20;
constexpr std::uint64_t cost_per_byte = 4;
// Of a chunk with members, and the share of the chunks beside it.
constexpr std::uint64_t chunk_cost = PageSet::chunk_bytes + (std::uint64_t{8} << 10);

} // namespace

Result<PageSet> read_kdump_bitmap(const Content& content, const KdumpHeaders& headers, std::uint64_t offset) {
    if (offset > content.size() || content.size() - offset < headers.bitmap_bytes)
        return fail(
            make_error(ErrorKind::corrupt, "open", content.name(),
                       fmt::format("the file ends at {} bytes, before its bitmaps do", content.size()))
                .at(offset)
                .then("copy the dump again, whole")
                .from(ErrorSide::source));
    PageSet set(headers.limit);
    std::array<std::byte, PageSet::chunk_bytes> chunk{};
    const std::uint64_t affordable = free_cost + content.stored_bytes() * cost_per_byte;
    std::uint64_t cost = 0;
    for (std::uint64_t at = 0; at < headers.bitmap_bytes;) {
        const std::uint64_t data = content.next_data(offset + at);
        if (data >= offset + headers.bitmap_bytes)
            break;
        at = std::max(at, (data - offset) / chunk.size() * chunk.size());
        const std::uint64_t size = std::min<std::uint64_t>(chunk.size(), headers.bitmap_bytes - at);
        chunk.fill(std::byte{0});
        KDK_TRY(content.read(offset + at, std::span(chunk).first(size)));
        cost += chunk_cost;
        if (cost > affordable)
            return fail(
                make_error(ErrorKind::corrupt, "open", content.name(),
                           fmt::format("its bitmaps are spread over {} page frames, in a file of {} bytes",
                                       headers.limit, content.stored_bytes()))
                    .at(offset + at)
                    .from(ErrorSide::source));
        set.set_chunk(at / chunk.size(), chunk);
        at += chunk.size();
    }
    return set;
}

Result<PageSet> read_described_pages(const Content& content, const KdumpHeaders& headers) {
    KDK_ASSIGN(PageSet pages, read_kdump_bitmap(content, headers, headers.second_bitmap));
    if (headers.split) {
        pages.erase(0, headers.split_pfns.begin);
        pages.erase(headers.split_pfns.end, pages.limit());
    }
    return pages;
}

KdumpIndex::KdumpIndex(const PageSet& described) : described_(described) {
    const std::uint64_t end = (described.limit() + PageSet::chunk_pages - 1) / PageSet::chunk_pages;
    for (std::uint64_t chunk = described.next_chunk(0); chunk < end;
         chunk = described.next_chunk(chunk + 1)) {
        chunks_.push_back({chunk, count_});
        count_ += described.count(chunk * PageSet::chunk_pages, (chunk + 1) * PageSet::chunk_pages);
    }
}

std::uint64_t KdumpIndex::number_of(std::uint64_t pfn) const {
    const std::uint64_t index = pfn / PageSet::chunk_pages;
    const auto found = std::lower_bound(chunks_.begin(), chunks_.end(), index,
                                        [](const Chunk& chunk, std::uint64_t i) { return chunk.index < i; });
    if (found == chunks_.end())
        return count_;
    if (found->index != index)
        return found->members_before;
    return found->members_before + described_.count(index * PageSet::chunk_pages, pfn);
}

bool is_stored(const PageDescriptor& descriptor, std::uint64_t page_size, std::uint64_t file_size) {
    return descriptor.offset != 0 && descriptor.size != 0 && descriptor.size <= page_size &&
           descriptor.offset <= file_size && file_size - descriptor.offset >= descriptor.size;
}

Result<> for_each_descriptor(const Content& content, const KdumpHeaders& headers, const PageSet& described,
                             const std::function<Result<>(std::uint64_t, const PageDescriptor*)>& each) {
    std::vector<PageDescriptor> batch(2048);
    std::size_t used = 0;
    std::size_t filled = 0;
    std::uint64_t at = headers.descriptors;
    for (auto pfn = described.next(0); pfn; pfn = described.next(*pfn + 1)) {
        if (used == filled) {
            const std::uint64_t left =
                at < content.size() ? (content.size() - at) / sizeof(PageDescriptor) : 0;
            filled = std::min<std::uint64_t>(batch.size(), left);
            used = 0;
            if (filled != 0)
                KDK_TRY(content.read(at, std::as_writable_bytes(std::span(batch).first(filled))));
            at += filled * sizeof(PageDescriptor);
        }
        KDK_TRY(each(*pfn, used < filled ? &batch[used] : nullptr));
        used += used < filled ? 1 : 0;
    }
    return {};
}

} // namespace kdumpkit::dump
