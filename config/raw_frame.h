// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/bytes.h"
#include "base/error.h"
#include "base/sha256.h"

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace kdumpkit {

// How a dump lies on a raw partition: docs/raw-format.md. Little-endian, as written. The header is at offset
// 0 and is written last, so that a partition with one holds all that it names.
namespace raw_frame {

inline constexpr std::array<char, 16> magic{'K', 'D', 'U', 'M', 'P', 'K', 'I', 'T',
                                            '-', 'R', 'A', 'W', '-', '0', '0', '1'};
inline constexpr std::uint32_t version = 1;
inline constexpr std::uint64_t header_bytes = 4096;
inline constexpr std::size_t most_files = 8;
// Before the first file, and between files: whole pages of any disk.
inline constexpr std::uint64_t alignment = 4096;

enum Flag : std::uint32_t {
    complete = 1, // the dump is whole
    taken = 2,    // its files have been copied away: the next dump may take its place
};

struct File {
    std::array<char, 48> name{}; // NUL at its end
    std::uint64_t offset = 0;    // bytes from the partition's start
    std::uint64_t bytes = 0;
    Digest sha256{}; // of all its bytes; zeros: not taken
};
static_assert(sizeof(File) == 96);

struct Header {
    std::array<char, 16> magic = raw_frame::magic;
    std::uint32_t version = raw_frame::version;
    std::uint32_t flags = 0;
    std::int64_t utc = 0;          // of the panic, seconds since 1970
    std::array<char, 72> host{};   // NUL at its end
    std::array<char, 96> folder{}; // the name of the folder that these files would be in
    std::uint32_t file_count = 0;  // of `files`
    std::uint32_t reserved = 0;
    std::array<File, most_files> files{};
    Digest sha256{}; // of all bytes of the header before it
};
static_assert(offsetof(Header, files) == 208 && offsetof(Header, sha256) == 208 + 8 * 96);
static_assert(sizeof(Header) <= header_bytes);

} // namespace raw_frame

// The same for people and programs.
struct RawDump {
    struct File {
        std::string name;
        std::uint64_t offset = 0, bytes = 0;
        Digest sha256{};
    };
    bool complete = false, taken = false;
    std::int64_t utc = 0;
    std::string host, folder;
    std::vector<File> files;
};

// The header's page. Names are cut where they do not fit.
std::vector<std::byte> to_bytes(const RawDump& dump);
// `absent` when there is no such header, `corrupt` when it contradicts itself or lies about where files are
// in `size` bytes.
Result<RawDump> parse_raw_dump(Bytes page, std::uint64_t size, const std::string& name);

// Of the partition or file at `path`.
Result<RawDump> read_raw_dump(const std::string& path);

// Hands the bytes of one file of a dump to `take`, window by window, and at the end `corrupt` when they are
// not those of its checksum. A dump that is not whole has none. `name`: of the partition.
Result<> read_raw_file(int fd, const RawDump::File& file, const std::string& name,
                       const std::function<Result<>(Bytes)>& take);

// Marks the dump called `folder` as taken, with a further file where no other one is; it takes the place of
// one of the same name. The header is written last and at once. `absent` when there is another dump
// meanwhile.
struct RawNote {
    std::string name;
    Bytes bytes;
};
Result<> mark_taken(const std::string& device, const std::string& folder,
                    const std::optional<RawNote>& note = std::nullopt);

} // namespace kdumpkit
