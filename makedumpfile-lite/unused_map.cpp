// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/unused_map.h"

#include <optional>

namespace kdumpkit::dump {

PageSet find_unused_map(VirtualMemory& memory, const std::vector<MapSection>& sections,
                        std::uint64_t struct_page_size, std::uint64_t page_size, const PageSet& kept) {
    PageSet unused(kept.limit());
    PageSet needed(kept.limit());
    for (const MapSection& section : sections) {
        const auto first = align_up(section.addresses.begin, page_size);
        if (!first)
            continue;
        for (std::uint64_t at = *first; at < section.addresses.end && section.addresses.end - at >= page_size;
             at += page_size) {
            const auto place = memory.translate(at);
            if (!place || place->contiguous < page_size || place->paddr % page_size != 0)
                continue;
            const std::uint64_t inside = at - section.addresses.begin;
            const std::uint64_t begin = section.first_pfn + inside / struct_page_size;
            const std::uint64_t end =
                section.first_pfn + (inside + page_size + struct_page_size - 1) / struct_page_size;
            PageSet& into = kept.count(begin, end) == 0 ? unused : needed;
            const std::uint64_t pfn = place->paddr / page_size;
            into.insert(pfn, pfn + 1);
        }
    }
    for (std::optional<std::uint64_t> pfn = needed.next(0); pfn; pfn = needed.next(*pfn + 1))
        unused.erase(*pfn, *pfn + 1);
    return unused;
}

} // namespace kdumpkit::dump
