// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/mapped_file.h"

#include "base/file.h"

#include <cerrno>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

namespace kdumpkit {

Result<MappedFile> MappedFile::open(const std::string& path) {
    KDK_ASSIGN(const Fd file, open_file(path, O_RDONLY | O_NONBLOCK));
    struct stat about {};
    if (::fstat(file.get(), &about) != 0)
        return fail(system_error("look at", path, errno));
    if (!S_ISREG(about.st_mode))
        return fail(ErrorKind::invalid, "read", path, "it is not a regular file");
    const auto size = static_cast<std::size_t>(about.st_size);
    if (size == 0)
        return MappedFile(Bytes());
    void* const data = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
    if (data == MAP_FAILED)
        return fail(system_error("map", path, errno));
    return MappedFile(Bytes(static_cast<const std::byte*>(data), size));
}

MappedFile::~MappedFile() {
    if (!bytes_.empty())
        ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
}

} // namespace kdumpkit
