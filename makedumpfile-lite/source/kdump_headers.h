// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/bytes.h"
#include "base/error.h"
#include "base/range.h"
#include "makedumpfile-lite/format/kdump_layout.h"
#include "makedumpfile-lite/source/image.h"

#include <cstdint>
#include <string>

namespace kdumpkit::dump {

// The headers of a kdump-compressed file, checked against each other but not against the size of the file:
// every offset below fits into 63 bits. Offsets are bytes from the start of the file.
struct KdumpHeaders {
    DumpHeader facts; // without eraseinfo
    bool incomplete = false;
    bool split = false;                 // one of several files of one dump
    Range split_pfns;                   // the pfns of a split file
    std::uint64_t limit = 0;            // one more than the highest pfn
    Range notes, vmcoreinfo, eraseinfo; // in the file; empty when there are none
    std::uint64_t first_bitmap = 0, second_bitmap = 0;
    std::uint64_t bitmap_bytes = 0; // that hold pfns below the limit
    std::uint64_t descriptors = 0;
    std::uint16_t elf_machine = 0; // by the name of the machine; EM_NONE when unknown
};

// Bytes that parse_kdump_headers() wants to see.
inline constexpr std::size_t kdump_headers_size = (std::size_t{64} << 10) + sizeof(format::KdumpSubHeader);

// `head`: the first kdump_headers_size bytes of the file, or all when it is shorter. Header versions 1 to 6
// (makedumpfile, diskdump_mod.h and the file IMPLEMENTATION: 2 brought split files, 3 VMCOREINFO, 4 notes,
// 5 eraseinfo, 6 64-bit pfns) of 64-bit little-endian machines; others are `unsupported`. Pure.
Result<KdumpHeaders> parse_kdump_headers(Bytes head, const std::string& name);

} // namespace kdumpkit::dump
