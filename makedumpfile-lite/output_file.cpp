// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/output_file.h"

#include "makedumpfile-lite/manifest.h"

#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace kdumpkit::dump {

namespace {

Failure destination_failure(Error error) {
    return Failure(std::move(error).from(ErrorSide::destination));
}

} // namespace

Result<OutputFile> OutputFile::create(const std::string& path, bool overwrite, int access) {
    OutputFile file;
    file.name_ = path;
    // A dump holds every secret of the machine: only its owner reads it.
    auto fd = open_file(path, access | O_CREAT | O_EXCL, 0600);
    file.created_ = fd.has_value();
    if (!fd && fd.error().errno_value == EEXIST) {
        if (!overwrite)
            return fail(make_error(ErrorKind::invalid, "create", path, "it exists already")
                            .then("name another file, or give -f to replace this one"));
        fd = open_file(path, access | O_CREAT, 0600);
    }
    if (!fd)
        return destination_failure(std::move(fd).error());
    file.fd_ = std::move(*fd);
    struct stat status {};
    if (::fstat(file.fd(), &status) != 0)
        return destination_failure(system_error("look at", path, errno));
    file.regular_ = S_ISREG(status.st_mode);
    return file;
}

OutputFile OutputFile::standard_output() {
    OutputFile file;
    file.name_ = "standard output";
    file.standard_ = true;
    struct stat status {};
    file.regular_ = ::fstat(STDOUT_FILENO, &status) == 0 && S_ISREG(status.st_mode);
    return file;
}

Result<OutputFile> OutputFile::nowhere(const std::string& path) {
    OutputFile file = path == "-" ? standard_output() : OutputFile();
    if (path != "-") {
        struct stat status {};
        file.name_ = path;
        file.regular_ = ::stat(path.c_str(), &status) != 0 || S_ISREG(status.st_mode);
    }
    file.standard_ = file.stores_ = false;
    KDK_ASSIGN(file.fd_, open_file("/dev/null", O_RDWR));
    return file;
}

OutputFile::OutputFile(OutputFile&& other) noexcept
    : fd_(std::move(other.fd_)), name_(std::move(other.name_)),
      created_(std::exchange(other.created_, false)), regular_(other.regular_), standard_(other.standard_),
      stores_(other.stores_) {}

OutputFile& OutputFile::operator=(OutputFile&& other) noexcept {
    if (this != &other) {
        discard();
        fd_ = std::move(other.fd_);
        name_ = std::move(other.name_);
        created_ = std::exchange(other.created_, false);
        regular_ = other.regular_;
        standard_ = other.standard_;
        stores_ = other.stores_;
    }
    return *this;
}

OutputFile::~OutputFile() {
    discard();
}

void OutputFile::discard() {
    struct stat ours {};
    struct stat there {};
    // Somebody may have put another file in its place meanwhile.
    if (created_ && fd_.valid() && ::fstat(fd_.get(), &ours) == 0 && ::lstat(name_.c_str(), &there) == 0 &&
        ours.st_dev == there.st_dev && ours.st_ino == there.st_ino)
        ::unlink(name_.c_str());
    created_ = false;
}

Result<> OutputFile::clear() {
    // Standard output may be a file that somebody else began.
    if (!regular_ || standard_ || !stores_)
        return {};
    if (::ftruncate(fd_.get(), 0) != 0)
        return destination_failure(system_error("empty", name_, errno));
    // One that was replaced is read by its owner only, too; who does not own it cannot see to that.
    (void)::fchmod(fd_.get(), 0600);
    drop_stale_manifest(name_);
    return {};
}

Result<> OutputFile::close() {
    return standard_ ? Result<>() : fd_.close(name_);
}

Result<> check_place(const std::string& path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode))
        return destination_failure(system_error("write", path, EISDIR));
    if (::stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode))
        return destination_failure(make_error(ErrorKind::invalid, "write", path,
                                              "it is a device, a pipe or a socket, not a regular file")
                                       .then("name a regular file, or one that does not exist yet"));
    // Links are followed: their own folder says nothing.
    if (::lstat(path.c_str(), &status) == 0 && S_ISLNK(status.st_mode))
        return {};
    if (::access(parent_folder(path).c_str(), W_OK | X_OK) != 0)
        return destination_failure(system_error("create", path, errno));
    return {};
}

} // namespace kdumpkit::dump
