// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/format/destination.h"

#include "base/range.h"

#include <algorithm>
#include <cerrno>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

namespace kdumpkit::dump::format {

namespace {

Failure destination_failure(Error error) {
    return Failure(std::move(error).from(ErrorSide::destination));
}

} // namespace

Destination::Destination(Fd fd, std::string name, bool regular, std::uint64_t cache_limit)
    : fd_(std::move(fd)), name_(std::move(name)), regular_(regular),
      step_(std::max<std::uint64_t>(align_down(cache_limit / 2, 4096), 4096)) {}

Result<Destination> Destination::create(const std::string& path, bool overwrite, std::uint64_t cache_limit) {
    const int flags = O_RDWR | O_CREAT | (overwrite ? O_TRUNC : O_EXCL);
    // A dump holds every secret of the machine: only its owner reads it.
    auto fd = open_file(path, flags, 0600);
    if (!fd && fd.error().errno_value == EEXIST)
        return fail(make_error(ErrorKind::invalid, "create", path, "it exists already")
                        .then("name another file, or give -f to replace this one"));
    if (!fd)
        return destination_failure(std::move(fd).error());
    struct stat status {};
    if (::fstat(fd->get(), &status) != 0)
        return destination_failure(system_error("look at", path, errno));
    if (::lseek(fd->get(), 0, SEEK_SET) < 0)
        return destination_failure(
            make_error(ErrorKind::unsupported, "write the dump to", path, "it cannot be written at offsets")
                .then("write to a file; streams (-F) are not built yet"));
    return Destination(std::move(*fd), path, S_ISREG(status.st_mode), cache_limit);
}

Result<> Destination::reserve_zeroed(std::uint64_t begin, std::uint64_t end) {
    if (begin >= end)
        return {};
    if (regular_) {
        if (::fallocate(fd_.get(), 0, static_cast<off_t>(begin), static_cast<off_t>(end - begin)) == 0)
            return {};
        // Only these say that writing itself will fail; a filesystem without fallocate reads as zero all the
        // same.
        if (errno == ENOSPC || errno == EDQUOT || errno == EFBIG)
            return destination_failure(system_error("reserve space in", name_, errno));
        return {};
    }
    const std::vector<std::byte> zeros(std::size_t{64} << 10);
    for (std::uint64_t at = begin; at < end; at += zeros.size())
        KDK_TRY(write(at, Bytes(zeros).first(std::min<std::uint64_t>(zeros.size(), end - at))));
    return {};
}

Result<> Destination::write(std::uint64_t offset, Bytes bytes) {
    KDK_TRY(pwrite_all(fd_.get(), offset, bytes, name_));
    end_ = std::max<std::uint64_t>(end_, offset + bytes.size());
    return end_ - started_ >= step_ ? trim_cache() : Result<>();
}

// Writing back starts for the newest step and has ended for the one before, which then leaves the page cache:
// two steps are there at most. A filesystem that cannot do this is no failure; a medium that fails is.
Result<> Destination::trim_cache() {
    const auto write_back = [&](std::uint64_t begin, std::uint64_t end, unsigned how) -> Result<> {
        if (::sync_file_range(fd_.get(), static_cast<off_t>(begin), static_cast<off_t>(end - begin), how) ==
                0 ||
            (errno != EIO && errno != ENOSPC && errno != EDQUOT))
            return {};
        return destination_failure(system_error("write back", name_, errno).at(begin));
    };
    if (regular_) {
        KDK_TRY(write_back(started_, end_, SYNC_FILE_RANGE_WRITE));
        if (started_ > dropped_) {
            KDK_TRY(
                write_back(dropped_, started_,
                           SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER));
            (void)::posix_fadvise(fd_.get(), static_cast<off_t>(dropped_),
                                  static_cast<off_t>(started_ - dropped_), POSIX_FADV_DONTNEED);
        }
        dropped_ = started_;
    }
    started_ = end_;
    return {};
}

Result<> Destination::sync() {
    // Character devices and the like have nothing to sync.
    if (::fsync(fd_.get()) != 0 && errno != EINVAL && errno != EROFS)
        return destination_failure(system_error("fsync", name_, errno));
    return {};
}

Result<> Destination::close() {
    return fd_.close(name_);
}

} // namespace kdumpkit::dump::format
