// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace kdumpkit::dump::format {

// The flattened format: a file written out of order, as records that say where their bytes belong, so that it
// fits through a pipe. Source of the facts: makedumpfile's makedumpfile.h (struct makedumpfile_header,
// struct makedumpfile_data_header, MAX_SIZE_MDF_HEADER, END_FLAG_FLAT_HEADER) and the manual's description of
// -F. Every number is big-endian and signed, 64 bits. A later record overwrites an earlier one, what no
// record covers reads as zero.
//
//   FlatHeader, padded with zeros to flat_header_size | FlatRecord, bytes | ... | FlatRecord{-1, -1}

struct FlatHeader {
    std::array<char, 16> signature{};      // flat_signature, padded with NUL
    std::array<std::uint8_t, 8> type{};    // flat_type
    std::array<std::uint8_t, 8> version{}; // flat_version
};
static_assert(sizeof(FlatHeader) == 32 && offsetof(FlatHeader, type) == 16 &&
              offsetof(FlatHeader, version) == 24);

struct FlatRecord {
    std::array<std::uint8_t, 8> offset{}; // bytes from the start of the file that the records describe
    std::array<std::uint8_t, 8> size{};   // bytes that follow this record
};
static_assert(sizeof(FlatRecord) == 16 && offsetof(FlatRecord, size) == 8);

inline constexpr std::string_view flat_signature = "makedumpfile";
inline constexpr std::int64_t flat_type = 1;
inline constexpr std::int64_t flat_version = 1;
inline constexpr std::size_t flat_header_size = 4096;
inline constexpr std::int64_t flat_end = -1; // both numbers of the last record
// No dump reaches beyond this: physical addresses have 52 bits (kernel: arch/x86/include/asm/sparsemem.h),
// and what is said about memory takes less room than memory.
inline constexpr std::int64_t flat_highest = std::int64_t{1} << 53;

// Whether a record other than the last one may say this. Pure.
constexpr bool is_flat_place(std::int64_t offset, std::int64_t size) {
    return offset >= 0 && size >= 0 && size <= flat_highest && offset <= flat_highest - size;
}

constexpr std::array<std::uint8_t, 8> to_flat(std::int64_t value) {
    std::array<std::uint8_t, 8> bytes{};
    for (std::size_t i = 0; i < 8; ++i)
        bytes[i] = static_cast<std::uint8_t>(static_cast<std::uint64_t>(value) >> (56 - 8 * i));
    return bytes;
}
constexpr std::int64_t from_flat(const std::array<std::uint8_t, 8>& bytes) {
    std::uint64_t value = 0;
    for (const std::uint8_t byte : bytes)
        value = value << 8 | byte;
    return static_cast<std::int64_t>(value);
}

} // namespace kdumpkit::dump::format
