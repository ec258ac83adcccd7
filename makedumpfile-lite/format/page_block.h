// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/bytes.h"
#include "base/range.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace kdumpkit::dump {

// Neighbouring members of the page set being written, ready for the file.
struct PageBlock {
    struct Page {
        std::uint32_t size;     // bytes in `data`; 0: filled with zero and not stored
        std::uint32_t flags;    // format::status_… of its compression; 0: stored as it is
        std::uint64_t hash = 0; // XXH3 of its contents when PipelineSettings::hash_pages asks for it
    };
    // In Page::flags with size 0: nobody has this page (parts of an incomplete dump).
    static constexpr std::uint32_t missing = std::uint32_t{1} << 31;

    std::vector<Range> pfns; // whose pages these are
    std::vector<Page> pages; // in the order of their pfns
    std::vector<std::byte>
        data;                 // a buffer for the stored pages, one after the other, or for one frame of them
    std::size_t used = 0;     // bytes of it
    std::size_t unpacked = 0; // of a frame: bytes in it before it was compressed

    void clear() {
        pages.clear();
        used = unpacked = 0;
    }
    [[nodiscard]] Bytes stored() const { return Bytes(data).first(used); }
};

} // namespace kdumpkit::dump
