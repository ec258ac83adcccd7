// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

// The bytes of the kdump-compressed format, header version 6, as a 64-bit machine writes it: the file
// IMPLEMENTATION of makedumpfile ("The format of kdump-compressed") and its diskdump_mod.h. Blocks of one
// page size, in this order:
//   block 0                       DiskDumpHeader
//   sub_header_blocks             KdumpSubHeader, then the ELF notes (VMCOREINFO lies inside them)
//   bitmap_blocks                 first bitmap (pages that the crashed machine had), second bitmap (pages in
//   this file) PageDescriptor[]              one per bit of the second bitmap, in the order of the pfns page
//   data                     wherever the descriptors say; several descriptors may name the same bytes
namespace kdumpkit::dump::format {

inline constexpr char signature[8] = {'K', 'D', 'U', 'M', 'P', ' ', ' ', ' '};
inline constexpr std::int32_t header_version = 6;

// Bits of DiskDumpHeader::status; the first three and zstd are also PageDescriptor::flags of a compressed
// page.
inline constexpr std::uint32_t status_zlib = 0x01;
inline constexpr std::uint32_t status_lzo = 0x02;
inline constexpr std::uint32_t status_snappy = 0x04;
inline constexpr std::uint32_t status_incomplete =
    0x08; // DUMP_DH_COMPRESSED_INCOMPLETE: descriptors may be missing
inline constexpr std::uint32_t status_zstd = 0x20;

struct Utsname { // the kernel's struct new_utsname
    char sysname[65];
    char nodename[65];
    char release[65];
    char version[65];
    char machine[65];
    char domainname[65];
};
static_assert(sizeof(Utsname) == 390);

struct DiskDumpHeader {
    char signature[8];
    std::int32_t header_version;
    Utsname utsname;
    char padding[6];
    std::int64_t timestamp_seconds; // of the crash
    std::int64_t timestamp_microseconds;
    std::uint32_t status;
    std::int32_t block_size;        // bytes, the page size
    std::int32_t sub_header_blocks; // blocks
    std::uint32_t bitmap_blocks;    // blocks, both bitmaps together
    std::uint32_t max_mapnr;        // saturated: the truth is max_mapnr_64
    std::uint32_t total_ram_blocks;
    std::uint32_t device_blocks;
    std::uint32_t written_blocks;
    std::uint32_t current_cpu;
    std::int32_t cpu_count;
};
static_assert(std::is_trivially_copyable_v<DiskDumpHeader>);
static_assert(offsetof(DiskDumpHeader, header_version) == 8);
static_assert(offsetof(DiskDumpHeader, utsname) == 12);
static_assert(offsetof(DiskDumpHeader, timestamp_seconds) == 408);
static_assert(offsetof(DiskDumpHeader, status) == 424);
static_assert(offsetof(DiskDumpHeader, block_size) == 428);
static_assert(offsetof(DiskDumpHeader, sub_header_blocks) == 432);
static_assert(offsetof(DiskDumpHeader, bitmap_blocks) == 436);
static_assert(offsetof(DiskDumpHeader, max_mapnr) == 440);
static_assert(offsetof(DiskDumpHeader, cpu_count) == 460);
static_assert(sizeof(DiskDumpHeader) == 464);

struct KdumpSubHeader {
    std::uint64_t phys_base;
    std::int32_t dump_level;
    std::int32_t split;
    std::uint64_t start_pfn_obsolete;
    std::uint64_t end_pfn_obsolete;
    std::uint64_t
        offset_vmcoreinfo; // bytes from the start of the file, 0 when there is none; so are all offsets
    std::uint64_t size_vmcoreinfo;
    std::uint64_t offset_note;
    std::uint64_t size_note;
    std::uint64_t offset_eraseinfo;
    std::uint64_t size_eraseinfo;
    std::uint64_t start_pfn; // of a split dump
    std::uint64_t end_pfn;
    std::uint64_t max_mapnr; // one more than the highest pfn
};
static_assert(std::is_trivially_copyable_v<KdumpSubHeader>);
static_assert(offsetof(KdumpSubHeader, dump_level) == 8);
static_assert(offsetof(KdumpSubHeader, offset_vmcoreinfo) == 32);
static_assert(offsetof(KdumpSubHeader, offset_note) == 48);
static_assert(offsetof(KdumpSubHeader, offset_eraseinfo) == 64);
static_assert(offsetof(KdumpSubHeader, start_pfn) == 80);
static_assert(offsetof(KdumpSubHeader, max_mapnr) == 96);
static_assert(sizeof(KdumpSubHeader) == 104);

struct PageDescriptor {
    std::uint64_t offset; // bytes from the start of the file; 0: this page never arrived (incomplete dump)
    std::uint32_t size;   // bytes
    std::uint32_t flags;  // how it is compressed; 0: as it is
    std::uint64_t page_flags;
};
static_assert(std::is_trivially_copyable_v<PageDescriptor>);
static_assert(sizeof(PageDescriptor) == 24);

} // namespace kdumpkit::dump::format
