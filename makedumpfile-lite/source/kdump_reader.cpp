// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/source/kdump_reader.h"

#include <algorithm>

#include <fmt/format.h>

namespace kdumpkit::dump {

namespace {

constexpr std::size_t cached_bytes = std::size_t{256} << 10;
constexpr std::size_t fewest_cached = 4;

} // namespace

KdumpReader::KdumpReader(const KdumpPages& file)
    : PagedReader(file.content->name(), file.headers.facts.page_size), file_(file), window_(*file.content),
      pages_(std::max<std::size_t>(cached_bytes / page_size(), fewest_cached)) {}

std::optional<Range> KdumpReader::stored_at(std::uint64_t paddr) {
    const std::uint64_t pfn = paddr / page_size();
    if (!file_.described.contains(pfn))
        return std::nullopt;
    const auto d = descriptor_of(pfn);
    return d ? std::optional(Range{d->offset, d->offset + d->size}) : std::nullopt;
}

Result<Bytes> KdumpReader::page(std::uint64_t pfn) {
    auto& slot = pages_.find(pfn);
    if (slot.key != pfn) {
        slot.key.reset();
        slot.value.resize(page_size());
        KDK_TRY(load(pfn, slot.value));
        slot.key = pfn;
    }
    return Bytes(slot.value);
}

// Pages are mostly asked for in order: counting goes on from the last one.
std::uint64_t KdumpReader::number_of(std::uint64_t pfn) {
    if (pfn < last_pfn_ || pfn - last_pfn_ > PageSet::chunk_pages)
        last_number_ = file_.index->number_of(pfn);
    else
        last_number_ += file_.described.count(last_pfn_, pfn);
    last_pfn_ = pfn;
    return last_number_;
}

Result<format::PageDescriptor> KdumpReader::descriptor_of(std::uint64_t pfn) {
    const std::uint64_t paddr = pfn * page_size();
    if (!file_.described.contains(pfn)) {
        const Range& own = file_.headers.split_pfns;
        if (file_.headers.split && (pfn < own.begin || pfn >= own.end))
            return fail(at(paddr, ErrorKind::absent, "this page is in another file of the split dump")
                            .then("put the files together first: makedumpfile-lite --reassemble"));
        return fail(at(paddr, ErrorKind::absent,
                       file_.memory.contains(paddr) ? "this page was left out when the dump was made"
                                                    : "the image does not hold this memory"));
    }
    const std::uint64_t where = file_.headers.descriptors + number_of(pfn) * sizeof(format::PageDescriptor);
    if (!file_.present().contains(pfn))
        return fail(
            damaged(pfn, where, "the dump was never finished or is cut off, and does not have this page"));
    format::PageDescriptor descriptor{};
    if (where > file_.content->size() || file_.content->size() - where < sizeof(descriptor))
        return fail(damaged(pfn, where, "the file ends before the page's descriptor"));
    {
        KDK_ASSIGN(const Bytes bytes, window_.view(where, sizeof(descriptor)));
        descriptor = *ByteReader(bytes).raw<format::PageDescriptor>(0);
    }
    if (!is_stored(descriptor, page_size(), file_.content->size()) ||
        descriptor.offset < file_.headers.descriptors)
        return fail(damaged(pfn, where,
                            fmt::format("its descriptor names {} bytes at 0x{:x} of a file of {} bytes",
                                        descriptor.size, descriptor.offset, file_.content->size())));
    return descriptor;
}

Result<> KdumpReader::load(std::uint64_t pfn, std::span<std::byte> out) {
    KDK_ASSIGN(const format::PageDescriptor descriptor, descriptor_of(pfn));
    KDK_ASSIGN(const Bytes stored, window_.view(descriptor.offset, descriptor.size));
    if (auto done = decompressor_.decompress(descriptor.flags, stored, out); !done)
        return fail(damaged(pfn, descriptor.offset, std::move(done.error().reason)));
    return {};
}

} // namespace kdumpkit::dump
