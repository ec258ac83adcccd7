// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/source/file_window.h"

#include "base/range.h"

#include <algorithm>

#include <sys/mman.h>

namespace kdumpkit::dump {

namespace {

// A mapped window starts at a multiple of `step` and is two steps long: any view that starts in its first
// half fits.
constexpr std::uint64_t mapped_step = std::uint64_t{2} << 20;
constexpr std::uint64_t mapped_length = 2 * mapped_step;
static_assert(mapped_step >= FileWindow::max_view);
// A short read fetches a little more: most readers want one page out of every few.
constexpr std::uint64_t short_length = std::uint64_t{16} << 10;

} // namespace

FileWindow::FileWindow(const Content& content, bool use_mmap)
    : content_(content), size_(content.size()), mmap_(use_mmap && content.descriptor() >= 0) {}

FileWindow::~FileWindow() {
    for (Window& window : windows_)
        drop(window);
}

void FileWindow::drop(Window& window) const {
    if (window.data != nullptr && !window.buffer)
        ::munmap(window.data, window.length);
    window.data = nullptr;
    window.length = 0;
}

Result<Bytes> FileWindow::view(std::uint64_t offset, std::size_t length) {
    if (offset > size_ || size_ - offset < length || length > max_view)
        return fail(
            make_error(ErrorKind::invalid, "read", content_.name(), "a view outside the file").at(offset));
    for (Window& window : windows_)
        if (window.data != nullptr && window.begin <= offset && offset - window.begin <= window.length &&
            window.length - (offset - window.begin) >= length)
            return in(window, offset, length);
    if (mmap_) {
        Window& window = place(length);
        if (map(window, offset))
            return in(window, offset, length);
        mmap_ = false; // this file cannot; every later window reads
    }
    Window& window = place(length);
    KDK_TRY(read(window, offset, length));
    return in(window, offset, length);
}

Bytes FileWindow::in(Window& window, std::uint64_t offset, std::size_t length) {
    window.used = ++clock_;
    return {window.data + (offset - window.begin), length};
}

// Long reads share one buffer: a scan in the processor's cache is worth more than six pieces that are past.
FileWindow::Window& FileWindow::place(std::size_t length) {
    if (!mmap_ && length > short_view)
        return windows_.back();
    const auto end = mmap_ ? windows_.end() : windows_.end() - 1;
    return *std::min_element(windows_.begin(), end,
                             [](const Window& a, const Window& b) { return a.used < b.used; });
}

bool FileWindow::map(Window& window, std::uint64_t offset) {
    drop(window);
    const std::uint64_t begin = align_down(offset, mapped_step);
    const auto size = static_cast<std::size_t>(std::min(mapped_length, size_ - begin));
    void* const data = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, content_.descriptor(),
                              static_cast<off_t>(begin)); // NOLINT
    if (data == MAP_FAILED)
        return false;
    window.buffer.reset();
    window.room = 0;
    window.data = static_cast<std::byte*>(data);
    window.begin = begin;
    window.length = size;
    return true;
}

Result<> FileWindow::read(Window& window, std::uint64_t offset, std::size_t length) {
    drop(window);
    const std::uint64_t begin = align_down(offset, 4096);
    const std::uint64_t wanted = std::max<std::uint64_t>(short_length, offset - begin + length);
    auto size = static_cast<std::size_t>(std::min(wanted, size_ - begin));
    if (window.room < size) {
        window.buffer = std::make_unique_for_overwrite<std::byte[]>(size);
        window.room = size;
    }
    auto done = content_.read(begin, std::span(window.buffer.get(), size));
    if (!done) {
        // What is wanted may be whole where its neighbour is not.
        size = static_cast<std::size_t>(offset - begin) + length;
        done = content_.read(begin, std::span(window.buffer.get(), size));
    }
    KDK_TRY(done);
    window.data = window.buffer.get();
    window.begin = begin;
    window.length = size;
    return {};
}

} // namespace kdumpkit::dump
