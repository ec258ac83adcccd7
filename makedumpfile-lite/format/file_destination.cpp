// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/format/file_destination.h"

#include "base/range.h"

#include <algorithm>
#include <cerrno>
#include <limits>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

namespace kdumpkit::dump::format {

namespace {

Failure destination_failure(Error error) {
    return Failure(std::move(error).from(ErrorSide::destination));
}

} // namespace

FileDestination::FileDestination(OutputFile file, std::uint64_t cache_limit)
    : file_(std::move(file)), step_(std::max<std::uint64_t>(align_down(cache_limit / 2, 4096), 4096)) {}

Result<FileDestination> FileDestination::create(const std::string& path, bool overwrite,
                                                std::uint64_t cache_limit) {
    KDK_ASSIGN(OutputFile file, OutputFile::create(path, overwrite, O_RDWR));
    if (::lseek(file.fd(), 0, SEEK_SET) < 0)
        return destination_failure(
            make_error(ErrorKind::unsupported, "write the dump to", path, "it cannot be written at offsets")
                .then("write to a file, or to standard output with -F"));
    return FileDestination(std::move(file), cache_limit);
}

Result<FileDestination> FileDestination::rehearse(const std::string& path) {
    KDK_ASSIGN(OutputFile file, OutputFile::nowhere(path));
    return FileDestination(std::move(file), std::numeric_limits<std::uint64_t>::max());
}

Result<> FileDestination::reserve_zeroed(std::uint64_t begin, std::uint64_t end) {
    if (begin >= end || !file_.stores())
        return {};
    if (file_.regular()) {
        if (::fallocate(file_.fd(), 0, static_cast<off_t>(begin), static_cast<off_t>(end - begin)) == 0)
            return {};
        // Only these say that writing itself will fail; a filesystem without fallocate reads as zero all the
        // same.
        if (errno == ENOSPC || errno == EDQUOT || errno == EFBIG)
            return destination_failure(system_error("reserve space in", name(), errno));
        return {};
    }
    const std::vector<std::byte> zeros(std::size_t{64} << 10);
    for (std::uint64_t at = begin; at < end; at += zeros.size())
        KDK_TRY(write(at, Bytes(zeros).first(std::min<std::uint64_t>(zeros.size(), end - at))));
    return {};
}

Result<> FileDestination::put(std::uint64_t offset, Bytes bytes) {
    if (!cleared_)
        KDK_TRY(file_.clear());
    cleared_ = true;
    KDK_TRY(pwrite_all(file_.fd(), offset, bytes, name()));
    hash(offset, bytes);
    return end_ > started_ && end_ - started_ >= step_ ? trim_cache() : Result<>();
}

Result<> FileDestination::restart() {
    if (cleared_)
        KDK_TRY(file_.clear());
    end_ = started_ = dropped_ = 0;
    hash_again();
    return {};
}

Result<> FileDestination::read_back(std::uint64_t offset, std::span<std::byte> out) const {
    return pread_exact(file_.fd(), offset, out, name());
}

std::uint64_t FileDestination::free_space() const {
    struct statvfs space {};
    // Only a plain file grows; what a device has shows when it is written.
    if (!file_.regular() || !file_.stores() || ::fstatvfs(file_.fd(), &space) != 0 || space.f_blocks == 0)
        return Destination::free_space();
    // A file that is replaced gives back what it has.
    struct stat status {};
    const std::uint64_t held = !cleared_ && ::fstat(file_.fd(), &status) == 0
                                   ? static_cast<std::uint64_t>(status.st_blocks) * 512
                                   : 0;
    return std::uint64_t{space.f_bavail} * space.f_frsize + held;
}

// Writing back starts for the newest step and has ended for the one before, which then leaves the page cache:
// two steps are there at most. A filesystem that cannot do this is no failure; a medium that fails is.
Result<> FileDestination::trim_cache() {
    const auto write_back = [&](std::uint64_t begin, std::uint64_t end, unsigned how) -> Result<> {
        if (::sync_file_range(file_.fd(), static_cast<off_t>(begin), static_cast<off_t>(end - begin), how) ==
                0 ||
            (errno != EIO && errno != ENOSPC && errno != EDQUOT))
            return {};
        return destination_failure(system_error("write back", name(), errno).at(begin));
    };
    if (file_.regular()) {
        KDK_TRY(write_back(started_, end_, SYNC_FILE_RANGE_WRITE));
        if (started_ > dropped_) {
            KDK_TRY(
                write_back(dropped_, started_,
                           SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER));
            (void)::posix_fadvise(file_.fd(), static_cast<off_t>(dropped_),
                                  static_cast<off_t>(started_ - dropped_), POSIX_FADV_DONTNEED);
        }
        dropped_ = started_;
    }
    started_ = end_;
    return {};
}

Result<> FileDestination::sync() {
    // Character devices and the like have nothing to sync.
    if (::fsync(file_.fd()) != 0 && errno != EINVAL && errno != EROFS)
        return destination_failure(system_error("fsync", name(), errno));
    return {};
}

Result<> FileDestination::close() {
    (void)seal(); // whoever asked for digests misses them
    return file_.close();
}

} // namespace kdumpkit::dump::format
