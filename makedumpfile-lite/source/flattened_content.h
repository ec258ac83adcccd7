// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "makedumpfile-lite/source/content.h"

#include <cstdint>
#include <memory>
#include <vector>

namespace kdumpkit::dump {

// Records of a flattened file are found in one pass over their headers and kept in an index of 24 bytes each.
// More than this (96 MiB of index) is `unsupported`, with -R as the next step.
inline constexpr std::size_t max_flattened_records = std::size_t{1} << 22;

// A piece of the described file: bytes [begin, end) of it lie at `source` in the flattened one.
struct FlatPiece {
    std::uint64_t begin = 0, end = 0, source = 0;
    friend bool operator==(const FlatPiece&, const FlatPiece&) = default;
};
// Pieces in the order of their records to pieces that are sorted and do not overlap: where two claim the same
// byte, the later record wins. Pure.
std::vector<FlatPiece> resolve_overlaps(std::vector<FlatPiece> records);

// The file that a flattened one (format/flat_layout.h) describes. One that ends early, or has a damaged
// record, opens as far as it goes; missing() then says so. A wrong header is `corrupt` or `unsupported`.
Result<std::unique_ptr<Content>> open_flattened_content(std::unique_ptr<Content> flattened);

} // namespace kdumpkit::dump
