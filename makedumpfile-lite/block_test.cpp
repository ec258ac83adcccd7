// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/block_test.h"

namespace kdumpkit::dump {

BlockTest::BlockTest(const Image& image, const Kernel::Data& kernel)
    : layout_(kernel.layout->page), page_size_(kernel.page_size), held_(image.memory()),
      present_(image.present()), memory_(image, kernel.table) {}

bool BlockTest::holds_together(const PageVerdict& verdict, Bytes bytes, std::uint64_t index,
                               std::uint64_t address) {
    if (verdict.order == 0 || verdict.kind == PageClass::unaccepted || verdict.kind == PageClass::offline)
        return true;
    const std::uint64_t size = layout_.size;
    const auto belongs = [&](std::uint64_t page) {
        const std::uint64_t at = (index + page) * size;
        if (at + size <= bytes.size())
            return inside_block(layout_, verdict.kind, bytes.subspan(at), address + page * size, address);
        const auto single = memory_.view(address + page * size, size);
        missed_ = missed_ || (!single && left_out(address + page * size));
        return single && inside_block(layout_, verdict.kind, *single, address + page * size, address);
    };
    if (verdict.kind == PageClass::free)
        for (unsigned order = 0; order < verdict.order; ++order)
            if (!belongs(std::uint64_t{1} << order))
                return false;
    return belongs((std::uint64_t{1} << verdict.order) - 1);
}

bool BlockTest::left_out(std::uint64_t vaddr) {
    if (present_ == nullptr)
        return false;
    const auto place = memory_.translate(vaddr);
    return place && held_.contains(place->paddr) && !present_->contains(place->paddr / page_size_);
}

} // namespace kdumpkit::dump
