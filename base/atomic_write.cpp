// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/atomic_write.h"

#include "base/file.h"

#include <cerrno>
#include <climits>
#include <cstdlib>
#include <memory>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

namespace kdumpkit {
namespace {

constexpr int most_links = 40; // the kernel's own limit, path_resolution(7)

// What failed while `path` was written: always named as the caller named it, with what an admin can do.
Error cannot_write(const std::string& path, const std::string& folder, int errno_value) {
    Error error = system_error("write", path, errno_value).from(ErrorSide::destination);
    switch (errno_value) {
    case ENOENT:
    case ENOTDIR:
        error.reason = fmt::format("there is no folder {}", folder);
        return std::move(error).then(fmt::format("create the folder {}, or name another file", folder));
    case EACCES:
    case EPERM:
    case EROFS:
        error.reason = fmt::format("the folder {} does not let this user write", folder);
        return std::move(error).then("run as a user who may write there, or name another file");
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
        return std::move(error).then("make room there, or name a file on another filesystem");
    default:
        return std::move(error).then("name another file");
    }
}

Failure not_writable(const std::string& path, std::string reason) {
    return fail(make_error(ErrorKind::invalid, "write", path, std::move(reason))
                    .then("name a regular file, or one that does not exist yet"));
}

// The regular file that `path` leads to, or the place where it will be: links are followed, so that it is
// their target that gets replaced and never the link.
Result<std::string> real_target(const std::string& path) {
    if (path.empty())
        return not_writable("\"\"", "the name is empty");
    struct stat status {};
    if (::stat(path.c_str(), &status) == 0) {
        if (S_ISDIR(status.st_mode))
            return not_writable(path, "it is a folder");
        if (!S_ISREG(status.st_mode))
            return not_writable(path, "it is a device, a pipe or a socket, not a regular file");
        const std::unique_ptr<char, decltype(&std::free)> real(::realpath(path.c_str(), nullptr), &std::free);
        if (!real)
            return fail(cannot_write(path, parent_folder(path), errno));
        return std::string(real.get());
    }
    if (errno != ENOENT)
        return fail(cannot_write(path, parent_folder(path), errno));
    // Links that lead to nothing yet.
    std::string at = path;
    for (int links = 0; links < most_links; ++links) {
        char text[PATH_MAX];
        const ssize_t length = ::readlink(at.c_str(), text, sizeof text);
        if (length < 0)
            return at;
        const std::string link(text, static_cast<std::size_t>(length));
        at = link.starts_with('/') ? link : parent_folder(at) + "/" + link;
    }
    return not_writable(path, "too many symbolic links");
}

// A file of our own beside `target`: nothing that exists is opened, whoever put it there.
Result<std::pair<Fd, std::string>> open_beside(const std::string& path, const std::string& target,
                                               unsigned mode) {
    constexpr int attempts = 16; // names may be left over from killed processes
    for (int attempt = 0;; ++attempt) {
        std::string fresh = fmt::format("{}.new-{}", target, ::getpid());
        if (attempt > 0)
            fresh += fmt::format("-{}", attempt);
        auto fd = open_file(fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode);
        if (fd)
            return std::pair(*std::move(fd), std::move(fresh));
        if (fd.error().errno_value != EEXIST || attempt + 1 == attempts)
            return fail(cannot_write(path, parent_folder(target), fd.error().errno_value));
    }
}

// 0, or errno. The owner comes first: its change takes bits of the mode away. What is right already is not
// touched: filesystems without owners (vfat) refuse even that.
int take_access(int fd, const struct stat& wanted) {
    struct stat now {};
    if (::fstat(fd, &now) != 0)
        return errno;
    if ((now.st_uid != wanted.st_uid || now.st_gid != wanted.st_gid) &&
        ::fchown(fd, wanted.st_uid, wanted.st_gid) != 0)
        return errno;
    constexpr mode_t bits = 07777;
    return (now.st_mode & bits) != (wanted.st_mode & bits) && ::fchmod(fd, wanted.st_mode & bits) != 0 ? errno
                                                                                                       : 0;
}

// `like`: whose owner and mode the file gets; nullptr: ours, and `mode`.
Result<> write_over(const std::string& path, std::span<const std::byte> bytes, unsigned mode,
                    const struct stat* like) {
    KDK_ASSIGN(const std::string target, real_target(path));
    const std::string folder = parent_folder(target);
    KDK_ASSIGN(auto opened, open_beside(path, target, mode));
    Fd& fd = opened.first; // no structured binding: clang 14 cannot capture one
    const std::string& fresh = opened.second;
    const auto explained = [&](const Error& error) { return cannot_write(path, folder, error.errno_value); };
    auto write = [&]() -> Result<> {
        KDK_TRY(write_all(fd.get(), bytes, path).map_error(explained));
        if (const int error = like != nullptr ? take_access(fd.get(), *like) : 0; error != 0)
            return fail(cannot_write(path, folder, error));
        if (::fsync(fd.get()) != 0)
            return fail(cannot_write(path, folder, errno));
        KDK_TRY(fd.close(path).map_error(explained));
        if (::rename(fresh.c_str(), target.c_str()) != 0)
            return fail(cannot_write(path, folder, errno));
        return {};
    };
    auto result = write();
    if (!result) {
        ::unlink(fresh.c_str());
        return result;
    }
    return sync_folder(folder).map_error(explained);
}

} // namespace

Result<> write_file_atomically(const std::string& path, std::span<const std::byte> bytes, unsigned mode) {
    return write_over(path, bytes, mode, nullptr);
}

Result<> write_file_atomically(const std::string& path, std::string_view text, unsigned mode) {
    return write_file_atomically(path, std::as_bytes(std::span(text.data(), text.size())), mode);
}

Result<> replace_file_atomically(const std::string& path, std::string_view text, unsigned mode) {
    struct stat status {};
    const bool exists = ::stat(path.c_str(), &status) == 0;
    return write_over(path, std::as_bytes(std::span(text.data(), text.size())), exists ? 0600 : mode,
                      exists ? &status : nullptr);
}

} // namespace kdumpkit
