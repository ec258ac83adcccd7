// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

// The bytes of the stream format, version 1: docs/stream-format.md. Little-endian. A sequence of sections; a
// section is a skippable frame of zstd (RFC 8878, 3.1.2) with a StreamSection in it, and, when that says so,
// one zstd frame. So the whole file is a valid sequence of zstd frames.
namespace kdumpkit::dump::format {

inline constexpr std::uint32_t stream_magic = 0x184D2A5B; // of the skippable frames
inline constexpr std::string_view stream_signature = "KDKSTRM\n";
inline constexpr std::uint32_t stream_version = 1;

// What precedes each section.
struct StreamFrame {
    std::uint32_t magic = stream_magic;
    std::uint32_t size = 0; // bytes that follow: StreamSection, then what its kind adds
};
static_assert(sizeof(StreamFrame) == 8);

enum class StreamKind : std::uint32_t {
    facts = 1,      // frame: StreamFacts
    notes = 2,      // frame: the ELF notes
    vmcoreinfo = 3, // frame: its text
    eraseinfo = 4,  // frame: its text
    memory = 5,     // frame: StreamChunk[], the pages that the crashed machine had
    kept = 6,       // frame: StreamChunk[], the pages that this stream has
    pages = 7,      // behind the section: a bit for each page, 1: filled with zero; frame: the other pages
    index = 8,      // no frame; behind the section: StreamIndexEntry[], StreamIndexEnd. The last section.
    partial = 9,    // no frame; before the index: the dump is not whole, all that there was of it is here
};

struct StreamSection {
    std::array<char, 8> signature{}; // stream_signature
    std::uint32_t version = stream_version;
    StreamKind kind = StreamKind::facts;
    std::uint64_t number = 0;   // of sections before this one
    std::uint64_t first = 0;    // pages: how many kept pages come before the first one here
    std::uint32_t count = 0;    // pages, chunks or entries
    std::uint32_t packed = 0;   // bytes of the zstd frame that follows; 0: none
    std::uint64_t unpacked = 0; // bytes in that frame
    std::uint64_t checksum = 0; // XXH3 (64 bits) of all bytes of this skippable frame, this field as zero
};
static_assert(std::is_trivially_copyable_v<StreamSection>);
static_assert(offsetof(StreamSection, number) == 16 && offsetof(StreamSection, count) == 32);
static_assert(offsetof(StreamSection, checksum) == 48 && sizeof(StreamSection) == 56);

struct StreamFacts {
    std::uint64_t page_size = 0;    // bytes
    std::uint64_t limit = 0;        // one more than the highest pfn
    std::uint64_t memory_pages = 0; // bits in the memory sections
    std::uint64_t kept_pages = 0;   // bits in the kept sections
    std::uint64_t phys_base = 0;
    std::uint64_t crash_time = 0;                    // seconds since 1970
    std::uint32_t level = 0;                         // the dump level
    std::uint32_t frame_pages = 0;                   // pages of a pages section at most
    std::array<char, std::size_t{6} * 65> utsname{}; // the kernel's struct new_utsname
    std::array<char, 2> padding{};
};
static_assert(std::is_trivially_copyable_v<StreamFacts>);
static_assert(offsetof(StreamFacts, utsname) == 56 && sizeof(StreamFacts) == 448);

// A bitmap of 32768 pages; one without any bit is left out.
struct StreamChunk {
    std::uint64_t index = 0; // its first pfn is 32768 times that
    std::array<std::byte, 4096> bits{};
};
static_assert(std::is_trivially_copyable_v<StreamChunk> && sizeof(StreamChunk) == 4104);

struct StreamIndexEntry {
    std::uint64_t offset = 0; // bytes from the start of the stream to the section's skippable frame
    std::uint64_t first = 0;  // as in the section
    std::uint32_t count = 0;
    StreamKind kind = StreamKind::facts;
};
static_assert(sizeof(StreamIndexEntry) == 24);

struct StreamIndexEnd {
    std::uint64_t offset = 0;        // of the index's own skippable frame
    std::array<char, 8> signature{}; // stream_end_signature
};
static_assert(sizeof(StreamIndexEnd) == 16);
inline constexpr std::string_view stream_end_signature = "KDKINDEX";

// Bounds for readers.
inline constexpr std::uint32_t most_frame_pages = 4096;
inline constexpr std::uint64_t most_unpacked = std::uint64_t{64} << 20;
inline constexpr std::uint32_t chunks_per_section = 256;

} // namespace kdumpkit::dump::format
