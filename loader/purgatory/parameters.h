// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

// What kdumpkit writes into the purgatory's blob before it is loaded. Freestanding: both sides include it.

#include "loader/purgatory/sha256.h"

#include <cstddef>
#include <cstdint>

namespace kdumpkit::loader::purgatory {

// A segment of the capture kernel that must still be what was loaded. Addresses are physical.
struct Region {
    std::uint64_t begin;
    std::uint64_t length;
    Sha256Digest digest;
    char name[16]; // NUL-terminated, for the message
};

struct Parameters {
    static constexpr std::uint64_t expected_magic = 0x79726f7461677270; // "prgatory"
    static constexpr std::size_t offset = 16;                           // in the blob
    static constexpr std::size_t most_regions = 8;

    std::uint64_t magic;
    std::uint64_t kernel_entry;
    std::uint64_t boot_params; // the zero page; of a PVH entry the start info
    // The low memory that the capture kernel overwrites is copied away first; length 0: nothing to copy.
    std::uint64_t backup_source;
    std::uint64_t backup_destination;
    std::uint64_t backup_length;
    std::uint64_t region_count;
    // Where 16 hexadecimal digits get the address to return to, for a kernel that may; 0: nowhere.
    std::uint64_t return_digits;
    // Not 0: the entry is a PVH entry, to be reached in 32-bit mode. The purgatory, the entry and the start
    // info are below 4 GiB then.
    std::uint64_t pvh;
    // Page tables that map at least the first 4 GiB to themselves, for a kernel that needs memory which
    // nothing was loaded to, and which the running kernel therefore has not mapped; 0: stay with that
    // kernel's.
    std::uint64_t page_tables;
    Region regions[most_regions];
};
static_assert(sizeof(Region) == 64 && sizeof(Parameters) == 80 + 8 * 64);
static_assert(offsetof(Parameters, kernel_entry) == 8 && offsetof(Parameters, boot_params) == 16);

} // namespace kdumpkit::loader::purgatory
