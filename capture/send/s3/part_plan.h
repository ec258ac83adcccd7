// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>

namespace kdumpkit::send {

// How an object is cut into parts: at most 10,000, each but the last at least 5 MiB, all at most 5 TiB
// (limits of S3). A part is held in memory until the server has it. Pure.
inline constexpr unsigned most_parts = 10'000;
inline constexpr std::uint64_t smallest_part = std::uint64_t{8} << 20;

// The size of part `number` (from 1). Of a known total: the same for all, as small as the number of parts
// allows. Of a stream: 8 MiB, twice as much after each 2,000 parts, which comes to 484 GiB.
std::uint64_t part_size(std::optional<std::uint64_t> total, unsigned number);

} // namespace kdumpkit::send
