// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/source/file_window.h"

#include "base/range.h"

#include <algorithm>

#include <sys/mman.h>

namespace kdumpkit::dump {

namespace {

// A window starts at a multiple of `step` and is two steps long: any view that starts in its first half fits.
constexpr std::uint64_t mapped_step = std::uint64_t{2} << 20;
constexpr std::uint64_t mapped_length = 2 * mapped_step;
static_assert(mapped_step >= FileWindow::max_view);
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
            window.used = ++clock_;
            return Bytes(window.data + (offset - window.begin), length);
        }
        if (window.used < oldest->used)
            oldest = &window;
    }
    KDK_TRY(fill(*oldest, offset, length));
    oldest->used = ++clock_;
    return Bytes(oldest->data + (offset - oldest->begin), length);
}

Result<> FileWindow::fill(Window& window, std::uint64_t offset, std::size_t length) {
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
            return {};
        }
        mmap_ = false; // this file cannot; every later window reads
    }
    const std::uint64_t begin = align_down(offset, 4096);
    const std::uint64_t wanted = std::max<std::uint64_t>(buffer_length, offset - begin + length);
    const auto size = static_cast<std::size_t>(std::min(wanted, size_ - begin));
    window.buffer.resize(size);
    if (auto done = content_.read(begin, window.buffer); !done) {
        window.buffer.clear();
        return fail(done.error());
    }
    window.data = window.buffer.data();
    window.begin = begin;
    window.length = size;
    return {};
}

} // namespace kdumpkit::dump
