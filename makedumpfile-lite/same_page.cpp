// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/same_page.h"

#include <memory>
#include <vector>

namespace kdumpkit::dump {

format::KdumpWriter::SamePage same_in_image(const Image& image, std::size_t page_size) {
    return [first = std::shared_ptr<MemoryReader>(image.reader()),
            second = std::shared_ptr<MemoryReader>(image.reader()),
            page_size](const format::Duplicates::Stored& earlier, std::uint64_t pfn, Bytes) {
        const auto one = first->view(earlier.pfn * page_size, page_size);
        const auto other = second->view(pfn * page_size, page_size);
        return one && other && format::same_bytes(*one, *other);
    };
}

format::KdumpWriter::SamePage same_in_file(const format::FileDestination& output) {
    return [&output, buffer = std::vector<std::byte>()](const format::Duplicates::Stored& earlier,
                                                        std::uint64_t, Bytes stored) mutable {
        buffer.resize(earlier.size);
        return output.read_back(earlier.offset, buffer) && format::same_bytes(buffer, stored);
    };
}

} // namespace kdumpkit::dump
