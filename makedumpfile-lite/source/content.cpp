// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/source/content.h"

#include "base/range.h"

#include <algorithm>
#include <cerrno>
#include <mutex>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/vfs.h>
#include <unistd.h>

namespace kdumpkit::dump {

namespace {

class FileContent : public Content {
  public:
    FileContent(Fd fd, std::string name, std::uint64_t size)
        : fd_(std::move(fd)), name_(std::move(name)), size_(size), mapped_(better_mapped(fd_.get())) {}

    const std::string& name() const override { return name_; }
    std::uint64_t size() const override { return size_; }
    int descriptor() const override { return mapped_ ? fd_.get() : -1; }
    Result<> read(std::uint64_t offset, std::span<std::byte> out) const override {
        if (offset > size_ || size_ - offset < out.size())
            return fail(
                make_error(ErrorKind::corrupt, "read", name_, fmt::format("it ends at {} bytes", size_))
                    .at(offset)
                    .from(ErrorSide::source));
        return pread_exact(fd_.get(), offset, out, name_).map_error([](Error error) {
            return std::move(error).from(ErrorSide::source);
        });
    }
    std::uint64_t next_data(std::uint64_t offset) const override {
        const off_t found = ::lseek(fd_.get(), static_cast<off_t>(offset), SEEK_DATA);
        if (found >= 0)
            return static_cast<std::uint64_t>(found);
        return errno == ENXIO ? size_ : offset; // a filesystem without holes answers EINVAL
    }

  private:
    Fd fd_;
    std::string name_;
    std::uint64_t size_;
    bool mapped_;
};

class LiveContent final : public FileContent {
  public:
    // Offsets in /proc/kcore are virtual addresses without their upper bits, whatever its size says.
    LiveContent(Fd fd, std::string name) : FileContent(std::move(fd), std::move(name), INT64_MAX) {}

    // It cannot be mapped.
    int descriptor() const override { return -1; }
    std::uint64_t next_data(std::uint64_t offset) const override { return offset; }
    Result<> read(std::uint64_t offset, std::span<std::byte> out) const override {
        auto whole = read_alone(offset, out);
        if (whole || !is_hole(whole.error()))
            return whole;
        for (std::uint64_t at = offset, end = offset + out.size(); at < end;) {
            const std::uint64_t stop = std::min(end, align_down(at, page) + page);
            const auto part = out.subspan(at - offset, stop - at);
            if (auto read = read_alone(at, part); !read) {
                if (!is_hole(read.error()))
                    return read;
                std::fill(part.begin(), part.end(), std::byte{0});
                count(align_down(at, page));
            }
            at = stop;
        }
        return {};
    }
    std::uint64_t unreadable_pages() const override {
        const std::lock_guard lock(mutex_);
        return unreadable_.total() / page;
    }

  private:
    static constexpr std::uint64_t page = 4096;
    static constexpr std::size_t max_ranges = 65536; // of the count alone; it may be too low beyond
    // Each open file has one buffer in the kernel, which no lock guards (fs/proc/kcore.c since Linux 4.8,
    // df04abfd181a): two threads that read at once get each other's bytes.
    Result<> read_alone(std::uint64_t offset, std::span<std::byte> out) const {
        const std::lock_guard lock(reading_);
        return FileContent::read(offset, out);
    }
    static bool is_hole(const Error& error) {
        return error.errno_value == EFAULT || error.errno_value == EIO ||
               (error.kind == ErrorKind::corrupt && error.errno_value == 0);
    }
    void count(std::uint64_t at) const {
        const std::lock_guard lock(mutex_);
        if (unreadable_.ranges().size() < max_ranges)
            unreadable_.add({at, at + page});
    }

    mutable std::mutex reading_;
    mutable std::mutex mutex_;    // of what follows
    mutable RangeSet unreadable_; // file offsets: a page is read more than once
};

} // namespace

// The kernel maps /proc/vmcore as a whole at once (Linux 3.11, 83086978c63a), and reading it maps and unmaps
// each page. Any other file costs a page fault for every 64 KiB that are mapped, more than copying them, and
// what its medium cannot give is a SIGBUS then.
bool better_mapped(int fd) {
    struct statfs filesystem = {};
    return ::fstatfs(fd, &filesystem) == 0 && filesystem.f_type == PROC_SUPER_MAGIC;
}

Result<std::unique_ptr<Content>> open_file_content(const std::string& path) {
    KDK_ASSIGN(Fd fd, open_file(path, O_RDONLY));
    // Not st_size: that of a block device is 0.
    const off_t size = ::lseek(fd.get(), 0, SEEK_END);
    if (size < 0)
        return fail(system_error("find the size of", path, errno).from(ErrorSide::source));
    return std::make_unique<FileContent>(std::move(fd), path, static_cast<std::uint64_t>(size));
}

Result<std::unique_ptr<Content>> open_live_content(const std::string& path) {
    KDK_ASSIGN(Fd fd, open_file(path, O_RDONLY));
    return std::make_unique<LiveContent>(std::move(fd), path);
}

} // namespace kdumpkit::dump
