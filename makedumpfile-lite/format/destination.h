// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/bytes.h"
#include "base/error.h"

#include <cstdint>
#include <limits>
#include <string>

namespace kdumpkit::dump::format {

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

    std::uint64_t end_ = 0;

  private:
    std::uint64_t limit_ = std::numeric_limits<std::uint64_t>::max();
};

// No room there, for this dump: a smaller one may fit.
bool is_out_of_space(const Error& error);

} // namespace kdumpkit::dump::format
