// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/bytes.h"
#include "base/error.h"
#include "makedumpfile-lite/output_file.h"

#include <cstdint>
#include <string>

namespace kdumpkit::dump::format {

// The file that a dump is written to. Offsets are bytes from its start. Every error carries
// ErrorSide::destination. One thread at a time.
class Destination {
  public:
    // Opens or creates `path`; OutputFile tells what of it stays when. An existing one is `invalid`, unless
    // `overwrite`, and stays untouched until the first write. Something that
    // cannot be written at offsets (a pipe, a terminal) is `unsupported`. `cache_limit` bounds the bytes of
    // this file that may lie in the page cache: the panic kernel has little memory, and nobody reads them
    // again.
    static Result<Destination> create(const std::string& path, bool overwrite, std::uint64_t cache_limit);

    // Makes [begin, end) read as zero until it is written, and writable later where the filesystem can
    // promise that.
    Result<> reserve_zeroed(std::uint64_t begin, std::uint64_t end);
    Result<> write(std::uint64_t offset, Bytes bytes);
    // Everything so far is on the medium.
    Result<> sync();
    // There is something in it now: it stays, whatever happens.
    void keep() { file_.keep(); }
    Result<> close();

    [[nodiscard]] const std::string& name() const { return file_.name(); }
    [[nodiscard]] std::uint64_t end() const { return end_; } // one more than the highest byte written
    // A regular file: what was never written reads as zero.
    [[nodiscard]] bool sparse() const { return file_.regular(); }

  private:
    Destination(OutputFile file, std::uint64_t cache_limit);
    Result<> trim_cache();

    OutputFile file_;
    bool cleared_ = false;
    std::uint64_t step_; // bytes between two looks at the page cache
    std::uint64_t end_ = 0;
    std::uint64_t started_ = 0; // writing back began up to here
    std::uint64_t dropped_ = 0; // and everything below here left the page cache
};

} // namespace kdumpkit::dump::format
