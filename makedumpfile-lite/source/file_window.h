// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/bytes.h"
#include "base/error.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace kdumpkit::dump {

// Bytes of a file through a few mmap windows, least recently used first out; where mmap is refused, through
// pread buffers of a few hundred KiB. /proc/vmcore supports mmap since Linux 3.11 and is several times faster
// that way. One thread; a view is valid until the next call.
class FileWindow {
  public:
    static constexpr std::size_t max_view = std::size_t{1} << 20;

    // The descriptor stays the caller's. `size` in bytes: nothing at or beyond it is touched.
    FileWindow(int fd, std::uint64_t size, std::string name, bool use_mmap = true);
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
        std::vector<std::byte> buffer; // only without mmap
    };
    void drop(Window& window) const;
    Result<> fill(Window& window, std::uint64_t offset, std::size_t length);

    int fd_;
    std::uint64_t size_;
    std::string name_;
    bool mmap_;
    std::uint64_t clock_ = 0;
    std::array<Window, 6> windows_;
};

} // namespace kdumpkit::dump
