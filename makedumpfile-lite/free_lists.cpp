// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/free_lists.h"

#include <algorithm>

namespace kdumpkit::dump {

FreeLists::FreeLists(const Image& image, const Kernel::Data& kernel, const std::vector<MapSection>& sections,
                     BlockTest& test)
    : kernel_(kernel), layout_(kernel.layout->page), sections_(sections),
      ascending_(std::ranges::is_sorted(sections, {},
                                        [](const MapSection& section) { return section.addresses.begin; })),
      test_(test), memory_(image, kernel.table) {}

// The pages of a block from a list, if its struct page agrees: unused, of no type, on no other list.
std::optional<Range> FreeLists::free_block(const FreeBlock& block) {
    const auto section =
        ascending_ ? std::ranges::partition_point(
                         sections_, [&](const MapSection& one) { return one.addresses.end <= block.page; })
                   : std::ranges::find_if(sections_, [&](const MapSection& one) {
                         return one.addresses.contains(block.page);
                     });
    if (section == sections_.end() || !section->addresses.contains(block.page) ||
        (block.page - section->addresses.begin) % layout_.size != 0)
        return std::nullopt;
    const std::uint64_t pfn = section->first_pfn + (block.page - section->addresses.begin) / layout_.size;
    const std::uint64_t end = pfn + (std::uint64_t{1} << block.order);
    if (pfn % (end - pfn) != 0)
        return std::nullopt;
    const auto bytes = memory_.view(block.page, layout_.size);
    if (!bytes)
        return std::nullopt;
    const ByteReader page(*bytes);
    const std::uint64_t used =
        layout_.lru_mask | layout_.slab_mask | layout_.head_mask | layout_.private_mask;
    if (page.u32(layout_.refcount) != 0 || (page.u64(layout_.flags).value_or(used) & used) != 0 ||
        page.u64(layout_.mapping) != 0 ||
        static_cast<std::int32_t>(page.u32(layout_.type).value_or(0)) < layout_.types.typed_below)
        return std::nullopt;
    if (!test_.holds_together({PageClass::free, block.order, false}, {}, 0, block.page))
        return std::nullopt;
    return Range{pfn, end};
}

PerCpuWalk FreeLists::walk(std::uint64_t most_pages, const std::function<void(const FreeBlock&)>& block) {
    return walk_per_cpu_lists(
        memory_, kernel_, most_pages, [&](std::uint64_t vaddr) { return test_.left_out(vaddr); }, block);
}

FreeLists::Found FreeLists::count(std::uint64_t most_pages) {
    Found found;
    (void)test_.missed();
    found.walk = walk(most_pages, [&](const FreeBlock& block) {
        const auto pages = free_block(block);
        const bool missed = test_.missed();
        if (pages)
            found.lists.free += pages->size();
        else if (missed)
            found.lists.unseen += std::uint64_t{1} << block.order;
    });
    found.lists.counted = found.walk.counted;
    found.lists.walked = found.walk.pages;
    found.lists.unseen += found.walk.unseen;
    return found;
}

void FreeLists::each(std::uint64_t most_pages, const std::function<void(const Range&)>& block) {
    walk(most_pages, [&](const FreeBlock& listed) {
        if (const auto pages = free_block(listed))
            block(*pages);
    });
}

} // namespace kdumpkit::dump
