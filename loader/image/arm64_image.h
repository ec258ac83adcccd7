// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/bytes.h"
#include "base/error.h"
#include "base/range.h"
#include "loader/segment.h"

#include <cstdint>
#include <string>
#include <vector>

namespace kdumpkit::loader {

// The header of an arm64 `Image` (Documentation/arch/arm64/booting.rst). Sizes in bytes. Points into the
// file.
struct Arm64Image {
    Bytes content;                   // all of the file: it is loaded as it is
    std::uint64_t text_offset = 0;   // from a 2 MiB boundary
    std::uint64_t image_size = 0;    // memory that it needs from there, bss included
    bool big_endian = false;         // flags bit 0
    std::uint64_t page_size = 0;     // flags bits 1-2: 4096, 16384, 65536; 0: not told
    bool anywhere_in_memory = false; // flags bit 3: the 2 MiB boundary need not be near the start of memory
};

// `invalid` when it is none, `corrupt` when it is truncated or contradicts itself. A header from before
// Linux 3.17 has image_size 0 and means a text_offset of 0x80000: its size is then that of the file.
Result<Arm64Image> parse_arm64_image(Bytes file, const std::string& name);

// Where an arm64 kernel, its initrd and its device tree go. Sizes of what is not there are 0.
struct Arm64Wish {
    std::uint64_t dtb_size = 0; // of the device tree that will be passed, at most 2 MiB; never 0
    std::uint64_t initrd_size = 0;
    std::uint64_t kept_free = 0;     // for the running kernel's own page tables and control pages
    std::vector<Demand> others = {}; // purgatory, elfcorehdr
};
// Pure: the kernel lowest at its text_offset from 2 MiB, the rest above it from the top of `room` down. As
// the document wants it, the device tree lies in one 2 MiB window and the initrd within 32 GiB of the kernel
// (one 1 GiB-aligned window in older kernels, which a reservation of less always satisfies). x0 holds the
// tree's address, the entry is the image's first byte. `absent` when it does not fit, `invalid` for a tree of
// another size.
Result<Plan> place_arm64(const Range& room, const Arm64Image& image, const Arm64Wish& wish);

} // namespace kdumpkit::loader
