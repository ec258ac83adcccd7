// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/bytes.h"
#include "base/error.h"
#include "base/file.h"

#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace kdumpkit::dump {

// Bytes at offsets: a file as it is, or the file that a flattened one describes. Immutable after opening, any
// number of threads may read. Errors carry ErrorSide::source.
class Content {
  public:
    virtual ~Content() = default;
    [[nodiscard]] virtual const std::string& name() const = 0;
    [[nodiscard]] virtual std::uint64_t size() const = 0; // bytes
    // Bytes that somebody wrote for it: fewer than its size where that describes more than it holds. What a
    // reader may spend on it is measured by this.
    [[nodiscard]] virtual std::uint64_t stored_bytes() const { return size(); }
    // All of `out`, from `offset` on; what reaches beyond size() is `corrupt`.
    virtual Result<> read(std::uint64_t offset, std::span<std::byte> out) const = 0;
    // The descriptor of what is better mapped than read; -1 of anything else. It stays ours.
    [[nodiscard]] virtual int descriptor() const { return -1; }
    // The first offset at or after this one that may hold anything but zero; size() when there is none.
    [[nodiscard]] virtual std::uint64_t next_data(std::uint64_t offset) const { return offset; }
    // It ends before its end: what is missing, for people; empty when nothing is.
    [[nodiscard]] virtual std::string missing() const { return {}; }
    // The file is flattened: these are not its own bytes.
    [[nodiscard]] virtual bool flattened() const { return false; }
    // Pages of 4096 bytes that could not be read and were handed out as zero (live memory only).
    [[nodiscard]] virtual std::uint64_t unreadable_pages() const { return 0; }
};

// What `path` holds, or, when that is a flattened file, what it describes. A folder or a pipe is `invalid`.
Result<std::unique_ptr<Content>> open_content(const std::string& path);

// Whether a file is better mapped than read: one of /proc.
bool better_mapped(int fd);

// A file or a block device. A pipe is `system`.
Result<std::unique_ptr<Content>> open_file_content(const std::string& path);

// /proc/kcore: its size means nothing, and reading a page that the kernel will not show fails with EFAULT or
// EIO (fs/proc/kcore.c). Such a page reads as zero and is counted.
Result<std::unique_ptr<Content>> open_live_content(const std::string& path);

} // namespace kdumpkit::dump
