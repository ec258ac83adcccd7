// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/bytes.h"
#include "base/error.h"
#include "makedumpfile-lite/source/content.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace kdumpkit::dump {

// Bytes of a content through a few mmap windows, least recently used first out; where mmap is refused,
// through six buffers of 128 KiB. /proc/vmcore supports mmap since Linux 3.11 and is several times faster
// that way. One thread; a view is valid until the next call.
// Of a mapped file that is read for the first time, what its medium does not give (a bad disk, a file that
// became shorter, a hole on a full tmpfs) is an error and no SIGBUS; before Linux 5.14 it still is one.
class FileWindow {
  public:
    static constexpr std::size_t max_view = std::size_t{1} << 20;

    // `content` must outlive the window.
    explicit FileWindow(const Content& content, bool use_mmap = true);
    FileWindow(const FileWindow&) = delete;
    FileWindow& operator=(const FileWindow&) = delete;
    ~FileWindow();

    // [offset, offset + length) must lie below the size of the file, and length be at most max_view.
    Result<Bytes> view(std::uint64_t offset, std::size_t length);

  private:
    struct Window {
        std::byte* data = nullptr;
        std::uint64_t begin = 0; // file offset
        std::size_t length = 0;
        std::uint64_t used = 0;
        std::uint64_t present = 0;     // a bit for each granule of the mapping that could be read
        std::vector<std::byte> buffer; // only without mmap
    };
    bool can_touch(Window& window, std::uint64_t offset, std::size_t length);
    Result<> map_or_read(Window& window, std::uint64_t offset, std::size_t length);
    Result<> read(Window& window, std::uint64_t offset, std::size_t length);
    void drop(Window& window) const;

    const Content& content_;
    std::uint64_t size_;
    bool mmap_;
    bool populate_ = true; // until the kernel says that it cannot
    std::uint64_t clock_ = 0;
    std::array<Window, 6> windows_;
};

} // namespace kdumpkit::dump
