// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/bytes.h"
#include "base/error.h"
#include "makedumpfile-lite/format/block_digests.h"

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace kdumpkit::dump::format {

// What a file was when it was written: the SHA-256 of each block of it. The last one may be shorter.
struct FileDigests {
    std::uint64_t bytes = 0;
    std::uint64_t block_bytes = 0;
    std::vector<Digest> blocks;
};

// Where a dump goes. Offsets are bytes from its start. Every error carries ErrorSide::destination. One thread
// at a time.
class Destination {
  public:
    virtual ~Destination() = default;

    // Bytes past the size limit are not written: that is an error with errno EFBIG, and nothing of `bytes`
    // goes out.
    Result<> write(std::uint64_t offset, Bytes bytes);
    // Makes [begin, end) read as zero until it is written, and writable later where the filesystem can
    // promise that.
    virtual Result<> reserve_zeroed(std::uint64_t begin, std::uint64_t end) = 0;
    // Everything so far is on the medium, as far as this destination has one.
    virtual Result<> sync() = 0;
    // There is something in it now: it stays, whatever happens.
    virtual void keep() = 0;
    // The dump is whole: nothing is written after this.
    virtual Result<> close() = 0;
    // Forgets all that was written, so that another dump can begin; `unsupported` where it has left already.
    virtual Result<> restart() = 0;

    [[nodiscard]] virtual const std::string& name() const = 0;
    // What was never written reads as zero.
    [[nodiscard]] virtual bool sparse() const = 0;
    // An error when so many bytes more can surely not be written, by the size limit or the space that is free
    // there.
    [[nodiscard]] Result<> check_room(std::uint64_t needed) const;
    // Bytes that left so far: the size of the file, or of the stream.
    [[nodiscard]] virtual std::uint64_t size() const { return end_; }
    [[nodiscard]] std::uint64_t end() const { return end_; } // one more than the highest byte written
    void set_size_limit(std::uint64_t bytes) { limit_ = bytes; }

    // From now on blocks of so many bytes are hashed while they are written. Before the first write.
    void hash_blocks(std::uint64_t block_bytes) { hasher_ = std::make_unique<BlockDigests>(block_bytes); }
    // Nothing is written any more: makes digests(). close() does it, too.
    Result<> seal();
    // nullptr before that, when nothing was to be hashed, and when it failed.
    [[nodiscard]] const FileDigests* digests() const { return digests_ ? &*digests_ : nullptr; }
    // Bytes that were written before.
    virtual Result<> read_back(std::uint64_t offset, std::span<std::byte> out) const;

  protected:
    Destination() = default;
    Destination(Destination&&) = default;
    Destination& operator=(Destination&&) = default;
    // What size() would be after such a write.
    [[nodiscard]] virtual std::uint64_t size_after(std::uint64_t offset, std::uint64_t bytes) const;
    [[nodiscard]] Error limit_reached(std::string reason) const;
    virtual Result<> put(std::uint64_t offset, Bytes bytes) = 0;
    [[nodiscard]] virtual std::uint64_t free_space() const {
        return std::numeric_limits<std::uint64_t>::max();
    }

    // These bytes are in the file now.
    void hash(std::uint64_t offset, Bytes bytes) {
        if (hasher_)
            hasher_->write(offset, bytes);
    }
    // All that was written is forgotten.
    void hash_again();

    std::uint64_t end_ = 0;

  private:
    std::unique_ptr<BlockDigests> hasher_;
    std::optional<FileDigests> digests_;
    std::uint64_t limit_ = std::numeric_limits<std::uint64_t>::max();
};

// No room there, for this dump: a smaller one may fit.
bool is_out_of_space(const Error& error);

} // namespace kdumpkit::dump::format
