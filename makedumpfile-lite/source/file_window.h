// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/bytes.h"
#include "base/error.h"
#include "makedumpfile-lite/source/content.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace kdumpkit::dump {

// Bytes of a content through a few windows, least recently used first out: of what can be mapped
// (/proc/vmcore) 4 MiB each, of anything else buffers. One thread; a view is valid until the next call.
class FileWindow {
  public:
    static constexpr std::size_t max_view = std::size_t{1} << 20;
    // Of buffers, when no view is longer than `longest`.
    static constexpr std::size_t most_bytes(std::size_t longest) {
        return (window_count - 1) * short_view + std::min(longest, max_view);
    }

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
        std::unique_ptr<std::byte[]> buffer; // only without mmap
        std::size_t room = 0;                // bytes of it
    };
    static constexpr std::size_t window_count = 6;
    static constexpr std::size_t short_view = std::size_t{64} << 10;

    Bytes in(Window& window, std::uint64_t offset, std::size_t length);
    Window& place(std::size_t length);
    bool map(Window& window, std::uint64_t offset);
    Result<> read(Window& window, std::uint64_t offset, std::size_t length);
    void drop(Window& window) const;

    const Content& content_;
    std::uint64_t size_;
    bool mmap_;
    std::uint64_t clock_ = 0;
    std::array<Window, window_count> windows_;
};

} // namespace kdumpkit::dump
