// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/source/file_window.h"

#include "base/range.h"

#include <algorithm>
#include <cerrno>

#include <sys/mman.h>

namespace kdumpkit::dump {

namespace {

// A window starts at a multiple of `step` and is two steps long: any view that starts in its first half fits.
constexpr std::uint64_t mapped_step = std::uint64_t{2} << 20;
constexpr std::uint64_t mapped_length = 2 * mapped_step;
static_assert(mapped_step >= FileWindow::max_view);
// As much as a page fault maps at once (fault_around_bytes), so that asking first reads no more than
// touching.
constexpr std::uint64_t granule = std::uint64_t{64} << 10;
static_assert(mapped_length / granule <= 64);
#ifndef MADV_POPULATE_READ
constexpr int MADV_POPULATE_READ = 22; // Linux 5.14, 4ca9b3859dac
#endif
// Without mmap the bytes are ours to pay for, and most readers want one page out of every few.
constexpr std::uint64_t buffer_length = std::uint64_t{128} << 10;

} // namespace

FileWindow::FileWindow(const Content& content, bool use_mmap)
    : content_(content), size_(content.size()), mmap_(use_mmap && content.descriptor() >= 0) {}

FileWindow::~FileWindow() {
    for (Window& window : windows_)
        drop(window);
}

void FileWindow::drop(Window& window) const {
    if (window.data != nullptr && window.buffer.empty())
        ::munmap(window.data, window.length);
    window.data = nullptr;
    window.length = 0;
}

Result<Bytes> FileWindow::view(std::uint64_t offset, std::size_t length) {
    if (offset > size_ || size_ - offset < length || length > max_view)
        return fail(
            make_error(ErrorKind::invalid, "read", content_.name(), "a view outside the file").at(offset));
    Window* oldest = &windows_[0];
    for (Window& window : windows_) {
        if (window.data != nullptr && window.begin <= offset && offset - window.begin <= window.length &&
            window.length - (offset - window.begin) >= length) {
            if (!can_touch(window, offset, length))
                KDK_TRY(read(window, offset, length));
            window.used = ++clock_;
            return Bytes(window.data + (offset - window.begin), length);
        }
        if (window.used < oldest->used)
            oldest = &window;
    }
    KDK_TRY(map_or_read(*oldest, offset, length));
    oldest->used = ++clock_;
    return Bytes(oldest->data + (offset - oldest->begin), length);
}

// The kernel answers with an error where the first touch of a page would be a SIGBUS.
bool FileWindow::can_touch(Window& window, std::uint64_t offset, std::size_t length) {
    if (!populate_ || !window.buffer.empty() || length == 0)
        return true;
    const std::uint64_t last = (offset + length - 1 - window.begin) / granule;
    for (std::uint64_t i = (offset - window.begin) / granule; i <= last; ++i) {
        if ((window.present >> i & 1) != 0)
            continue;
        const std::size_t size = std::min<std::uint64_t>(granule, window.length - i * granule);
        if (::madvise(window.data + i * granule, size, MADV_POPULATE_READ) != 0) {
            if (errno != EINVAL)
                return false;
            populate_ = false; // an older kernel, or /proc/vmcore, whose pages are mapped from the start
            return true;
        }
        window.present |= std::uint64_t{1} << i;
    }
    return true;
}

Result<> FileWindow::map_or_read(Window& window, std::uint64_t offset, std::size_t length) {
    drop(window);
    if (mmap_) {
        const std::uint64_t begin = align_down(offset, mapped_step);
        const auto size = static_cast<std::size_t>(std::min(mapped_length, size_ - begin));
        void* const data = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, content_.descriptor(),
                                  static_cast<off_t>(begin)); // NOLINT
        if (data != MAP_FAILED) {
            window.buffer = {};
            window.data = static_cast<std::byte*>(data);
            window.begin = begin;
            window.length = size;
            window.present = 0;
            if (can_touch(window, offset, length))
                return {};
        }
        mmap_ = false; // this file cannot; every later window reads
    }
    return read(window, offset, length);
}

Result<> FileWindow::read(Window& window, std::uint64_t offset, std::size_t length) {
    drop(window);
    mmap_ = false;
    const std::uint64_t begin = align_down(offset, 4096);
    const std::uint64_t wanted = std::max<std::uint64_t>(buffer_length, offset - begin + length);
    auto size = static_cast<std::size_t>(std::min(wanted, size_ - begin));
    window.buffer.resize(size);
    auto done = content_.read(begin, window.buffer);
    if (!done) {
        // What is wanted may be whole where its neighbour is not.
        size = static_cast<std::size_t>(offset - begin) + length;
        window.buffer.resize(size);
        done = content_.read(begin, window.buffer);
    }
    if (!done) {
        window.buffer.clear();
        return fail(done.error());
    }
    window.data = window.buffer.data();
    window.begin = begin;
    window.length = size;
    return {};
}

} // namespace kdumpkit::dump
