// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/bytes.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace kdumpkit::dump::format {

// XXH3, 64 bits.
std::uint64_t hash_of(Bytes bytes);
// By memcmp: std::equal looks at one std::byte after the other (libstdc++ 12).
bool same_bytes(Bytes one, Bytes other);

// Remembers where pages were stored, by the hash of their contents, in a fixed number of bytes: when it is
// full, what was not asked for longest is forgotten. What it finds is a guess from a part of the hash:
// compare before use. The answers depend on the calls alone.
class Duplicates {
  public:
    struct Stored {
        std::uint64_t pfn = 0;
        std::uint64_t offset = 0; // bytes from the start of the dump
        std::uint32_t size = 0;   // bytes
        friend bool operator==(const Stored&, const Stored&) = default;
    };

    // 2 MiB remember 131,072 pages (512 MiB of memory).
    static constexpr std::size_t default_bytes = std::size_t{2} << 20;
    explicit Duplicates(std::size_t bytes);

    [[nodiscard]] std::optional<Stored> find(std::uint64_t hash);
    // find() will be asked soon: the processor fetches what it looks at, which is hardly ever in its cache.
    void prepare(std::uint64_t hash) const { __builtin_prefetch(&sets_[index(hash)]); }
    // Ignores what its fields cannot hold: pfns from 2^40, offsets from 2^48, sizes above 64 KiB.
    void remember(std::uint64_t hash, const Stored& stored);

  private:
    struct Entry {
        std::uint64_t tag : 24;
        std::uint64_t pfn : 40;
        std::uint64_t offset : 48;
        std::uint64_t size : 16; // less one, 0 to 65535
    };
    static_assert(sizeof(Entry) == 16);
    struct alignas(64) Set {          // one line of a processor's cache
        std::array<Entry, 4> entries; // newest first; offset 0 is nobody
    };
    [[nodiscard]] std::size_t index(std::uint64_t hash) const { return hash & (sets_.size() - 1); }

    std::vector<Set> sets_; // a power of two
};

} // namespace kdumpkit::dump::format
