// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/bytes.h"
#include "base/error.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace kdumpkit::dump {

enum class Algorithm { none, zlib, lzo, snappy, zstd };

struct Compression {
    Algorithm algorithm = Algorithm::none;
    int level = 0; // the algorithm's own scale; 0 for those that have none

    [[nodiscard]] std::string name() const; // "zstd", without the level
    friend bool operator==(const Compression&, const Compression&) = default;
};

// The algorithm at its default level: the fastest one that is still worth its name (zstd 1, zlib 1).
Compression default_compression(Algorithm algorithm);
// "zstd", "zstd:3", "lzo", "snappy", "zlib:6", "none". A level out of range, or one for an algorithm without
// levels, is `invalid`.
Result<Compression> parse_compression(std::string_view text);

// Compresses one page at a time; its context is made once and reused. One thread at a time.
// The same page gives the same bytes whatever was compressed before it.
class Codec {
  public:
    // `page_size` in bytes; every page has exactly this size.
    static Result<std::unique_ptr<Codec>> create(Compression compression, std::size_t page_size);
    virtual ~Codec() = default;

    // Bytes that compress() may touch at `out`.
    [[nodiscard]] virtual std::size_t bound() const = 0;
    // Bytes written to `out` (bound() bytes of room), or 0 when the page does not get smaller.
    [[nodiscard]] virtual std::size_t compress(Bytes page, std::byte* out) = 0;
    // What a page descriptor and the header's status say of this codec (format/kdump_layout.h).
    [[nodiscard]] virtual std::uint32_t flag() const = 0;
    // Bytes that its context holds, for the memory budget.
    [[nodiscard]] virtual std::size_t memory_bytes() const = 0;
};

} // namespace kdumpkit::dump
