// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/bytes.h"
#include "base/error.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace kdumpkit::dump {

// Takes back what Codec or another writer of kdump-compressed files did to one page. One thread at a time.
class Decompressor {
  public:
    Decompressor();
    Decompressor(const Decompressor&) = delete;
    Decompressor& operator=(const Decompressor&) = delete;
    ~Decompressor();

    // `flags` as a page descriptor has them (format/kdump_layout.h); 0: stored as it is. Fills `page`
    // exactly: bytes that give more or less than that, or that are damaged, are `corrupt`, flags that name no
    // or more than one algorithm too. Never touches anything outside `page`. An Error's operation and object
    // are the caller's business.
    Result<> decompress(std::uint32_t flags, Bytes bytes, std::span<std::byte> page);

  private:
    struct Contexts;
    std::unique_ptr<Contexts> contexts_;
};

// "zstd" and so on for a descriptor's flags; "none" for 0, "unknown" for what is no algorithm.
std::string compression_name(std::uint32_t flags);

} // namespace kdumpkit::dump
