// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/bytes.h"
#include "base/error.h"
#include "base/sha256.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

namespace kdumpkit::dump::format {

// The SHA-256 of each block of a file while it is written, in any order of offsets: bytes that were never
// written are zero. A block that is written from its start to its end is hashed on the way. One that is
// written over, as the headers are at the end of a dump, is read once more when all is written; these are
// few. 33 bytes for each block, and the contexts of `most_open` of them. One thread.
class BlockDigests {
  public:
    static constexpr std::size_t most_open = 8;

    explicit BlockDigests(std::uint64_t block_bytes);
    ~BlockDigests();
    BlockDigests(const BlockDigests&) = delete;
    BlockDigests& operator=(const BlockDigests&) = delete;

    void write(std::uint64_t offset, Bytes bytes);
    // Of all blocks of the file, which has `size` bytes now; the last one may be shorter. `read` gives bytes
    // of it. Call once.
    using Read = std::function<Result<>(std::uint64_t offset, std::span<std::byte> out)>;
    Result<std::vector<Digest>> finish(std::uint64_t size, const Read& read);
    [[nodiscard]] std::uint64_t block_bytes() const { return block_bytes_; }

  private:
    enum class State : std::uint8_t { untouched, open, done, again };
    struct Open; // a block that is being hashed
    void write_block(std::uint64_t block, std::uint64_t at, Bytes bytes);
    void settle(std::size_t which, std::uint64_t end);

    std::uint64_t block_bytes_;
    std::vector<Digest> digests_;
    std::vector<State> states_;
    std::vector<std::unique_ptr<Open>> open_; // least recently written first
};

} // namespace kdumpkit::dump::format
