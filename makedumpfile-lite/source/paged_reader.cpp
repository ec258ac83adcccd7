// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/source/paged_reader.h"

#include <algorithm>

#include <fmt/format.h>

namespace kdumpkit::dump {

Error PagedReader::at(std::uint64_t paddr, ErrorKind kind, std::string reason) const {
    return make_error(kind, fmt::format("read physical memory 0x{:x} of", paddr), name_, std::move(reason))
        .from(ErrorSide::source);
}

Error PagedReader::damaged(std::uint64_t pfn, std::uint64_t offset, std::string reason) const {
    return at(pfn * page_size_, ErrorKind::corrupt, std::move(reason)).at(offset);
}

Result<Bytes> PagedReader::view(std::uint64_t paddr, std::size_t size) {
    if (size == 0 || size > max_view)
        return fail(at(paddr, ErrorKind::invalid, fmt::format("a view of {} bytes", size)));
    const auto end = checked_add(paddr, size);
    if (!end)
        return fail(at(paddr, ErrorKind::absent, "the image does not hold this memory"));
    const std::uint64_t first = paddr / page_size_;
    const std::uint64_t last = (*end - 1) / page_size_;
    if (first == last) {
        KDK_ASSIGN(const Bytes bytes, page(first));
        return bytes.subspan(paddr % page_size_, size);
    }
    scratch_.resize(size);
    for (std::uint64_t pfn = first; pfn <= last; ++pfn) {
        const std::uint64_t begin = std::max(paddr, pfn * page_size_);
        const std::uint64_t stop = std::min(*end, (pfn + 1) * page_size_);
        const auto out = std::span(scratch_).subspan(begin - paddr, stop - begin);
        if (out.size() == page_size_) {
            KDK_TRY(load(pfn, out));
            continue;
        }
        KDK_ASSIGN(const Bytes bytes, page(pfn));
        const Bytes part = bytes.subspan(begin % page_size_, out.size());
        std::copy(part.begin(), part.end(), out.begin());
    }
    return Bytes(scratch_);
}

} // namespace kdumpkit::dump
