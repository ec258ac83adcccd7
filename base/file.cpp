// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/file.h"

#include <algorithm>
#include <cerrno>

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

namespace kdumpkit {

Fd& Fd::operator=(Fd&& other) noexcept {
    if (this != &other) {
        if (fd_ >= 0)
            ::close(fd_);
        fd_ = other.release();
    }
    return *this;
}

Fd::~Fd() {
    if (fd_ >= 0)
        ::close(fd_);
}

int Fd::release() {
    const int fd = fd_;
    fd_ = -1;
    return fd;
}

Result<> Fd::close(const std::string& name) {
    if (fd_ < 0)
        return {};
    // Linux closes the descriptor even when it reports EINTR or EIO: never retry.
    if (::close(release()) != 0 && errno != EINTR)
        return fail(system_error("close", name, errno).from(ErrorSide::destination));
    return {};
}

Result<Fd> open_file(const std::string& path, int flags, unsigned mode) {
    for (;;) {
        const int fd = ::open(path.c_str(), flags | O_CLOEXEC, mode);
        if (fd >= 0)
            return Fd(fd);
        if (errno != EINTR)
            return fail(
                system_error((flags & O_ACCMODE) == O_RDONLY ? "open" : "open for writing", path, errno));
    }
}

namespace {

// In a folder, where an open() waits for a writer; not "/dev/stdin" of a pipeline.
bool is_named_pipe(const std::string& path) {
    struct stat status {};
    struct statfs filesystem {};
    return ::stat(path.c_str(), &status) == 0 && S_ISFIFO(status.st_mode) &&
           ::statfs(path.c_str(), &filesystem) == 0 && filesystem.f_type != PIPEFS_MAGIC;
}

} // namespace

Result<std::vector<std::byte>> read_file(const std::string& path, std::size_t limit) {
    if (is_named_pipe(path))
        return fail(ErrorKind::invalid, "read", path, "it is a pipe, and nobody may ever write into it");
    KDK_ASSIGN(const Fd fd, open_file(path, O_RDONLY));
    struct stat status {};
    std::size_t expected = 0;
    if (::fstat(fd.get(), &status) == 0 && S_ISREG(status.st_mode))
        expected = static_cast<std::size_t>(status.st_size);
    // Only a hint: files of sysfs say a page whatever they hold, those of procfs say 0.
    std::vector<std::byte> bytes(std::max<std::size_t>(std::min(expected, limit) + 1, 4096));
    std::size_t used = 0;
    for (;;) {
        const ssize_t got = ::read(fd.get(), bytes.data() + used, bytes.size() - used);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 && errno == EISDIR)
            return fail(ErrorKind::invalid, "read", path, "it is a folder");
        if (got < 0)
            return fail(system_error("read", path, errno).at(used));
        if (got == 0)
            break;
        used += static_cast<std::size_t>(got);
        if (used > limit)
            return fail(ErrorKind::unsupported, "read", path,
                        fmt::format("more than the limit of {} bytes", limit));
        if (used == bytes.size())
            bytes.resize(bytes.size() * 2);
    }
    bytes.resize(used);
    return bytes;
}

Result<std::string> read_text(const std::string& path, std::size_t limit) {
    KDK_ASSIGN(const auto bytes, read_file(path, limit));
    return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

Result<std::size_t> pread_some(int fd, std::uint64_t offset, std::span<std::byte> out,
                               const std::string& name) {
    std::size_t done = 0;
    while (done < out.size()) {
        const ssize_t got =
            ::pread(fd, out.data() + done, out.size() - done, static_cast<off_t>(offset + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return fail(system_error("read", name, errno).at(offset + done));
        if (got == 0)
            break;
        done += static_cast<std::size_t>(got);
    }
    return done;
}

Result<> pread_exact(int fd, std::uint64_t offset, std::span<std::byte> out, const std::string& name) {
    KDK_ASSIGN(const std::size_t got, pread_some(fd, offset, out, name));
    if (got < out.size())
        return fail(make_error(ErrorKind::corrupt, "read", name,
                               fmt::format("it ends {} bytes early", out.size() - got))
                        .at(offset + got));
    return {};
}

Result<> write_all(int fd, std::span<const std::byte> bytes, const std::string& name) {
    while (!bytes.empty()) {
        const ssize_t put = ::write(fd, bytes.data(), bytes.size());
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return fail(system_error("write", name, errno).from(ErrorSide::destination));
        bytes = bytes.subspan(static_cast<std::size_t>(put));
    }
    return {};
}

Result<> pwrite_all(int fd, std::uint64_t offset, std::span<const std::byte> bytes, const std::string& name) {
    while (!bytes.empty()) {
        const ssize_t put = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return fail(system_error("write", name, errno).at(offset).from(ErrorSide::destination));
        bytes = bytes.subspan(static_cast<std::size_t>(put));
        offset += static_cast<std::uint64_t>(put);
    }
    return {};
}

std::string parent_folder(std::string_view path) {
    const auto slash = path.rfind('/');
    if (slash == std::string_view::npos)
        return ".";
    return slash == 0 ? "/" : std::string(path.substr(0, slash));
}

Result<> sync_folder(const std::string& path) {
    KDK_ASSIGN(const Fd fd, open_file(path, O_RDONLY | O_DIRECTORY));
    // Some filesystems (vfat) refuse fsync on a folder: that is no failure of ours.
    if (::fsync(fd.get()) != 0 && errno != EINVAL)
        return fail(system_error("fsync", path, errno).from(ErrorSide::destination));
    return {};
}

bool file_exists(const std::string& path) {
    return ::access(path.c_str(), F_OK) == 0;
}

std::uint64_t file_size(const std::string& path) {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
}

namespace {

Result<Fd> locked(Fd fd, const std::string& path) {
    while (::flock(fd.get(), LOCK_EX) != 0)
        if (errno != EINTR)
            return fail(system_error("lock", path, errno));
    return fd;
}

} // namespace

Result<Fd> lock_file(const std::string& path) {
    KDK_ASSIGN(Fd fd, open_file(path, O_WRONLY | O_CREAT | O_NOFOLLOW, 0600));
    return locked(std::move(fd), path);
}

Result<Fd> lock_folder(const std::string& path) {
    KDK_ASSIGN(Fd fd, open_file(path, O_RDONLY | O_DIRECTORY));
    return locked(std::move(fd), path);
}

} // namespace kdumpkit
