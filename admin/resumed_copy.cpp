// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/resumed_copy.h"

#include "base/file.h"
#include "base/interrupt.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

namespace kdumpkit::admin {
namespace {

constexpr std::size_t window_bytes = std::size_t{1} << 20;

Error blame_destination(Error error) {
    return std::move(error).from(ErrorSide::destination);
}

// Of a file: bytes from an offset on.
struct Source {
    Fd fd;
    const std::string& name;
    std::uint64_t offset, bytes;

    // What lies at `at`, as much as there is room for; empty at the end.
    Result<std::span<std::byte>> read(std::uint64_t at, std::vector<std::byte>& room) const {
        if (interrupted() != 0)
            return fail(ErrorKind::system, "copy", name, "ended by a signal");
        const auto part = std::span(room).first(std::min<std::uint64_t>(room.size(), bytes - at));
        KDK_TRY(pread_exact(fd.get(), offset + at, part, name));
        return part;
    }
};

// How much of its beginning the file at `path` has in common with the source; 0 when it is not there.
Result<std::uint64_t> common_bytes(const Source& source, const std::string& path) {
    if (!file_exists(path))
        return 0;
    KDK_ASSIGN(const Fd there, open_file(path, O_RDONLY | O_NOFOLLOW).map_error(blame_destination));
    std::vector<std::byte> ours(window_bytes), theirs(window_bytes);
    std::uint64_t at = 0;
    while (at < source.bytes) {
        KDK_ASSIGN(const auto part, source.read(at, ours));
        KDK_ASSIGN(const std::size_t got,
                   pread_some(there.get(), at, std::span(theirs).first(part.size()), path)
                       .map_error(blame_destination));
        const auto differs =
            std::mismatch(part.begin(), part.begin() + static_cast<std::ptrdiff_t>(got), theirs.begin());
        at += static_cast<std::uint64_t>(differs.first - part.begin());
        if (differs.first != part.end())
            break;
    }
    return at;
}

} // namespace

Result<> copy_on(const std::string& from, std::uint64_t offset, std::uint64_t bytes, const std::string& to) {
    KDK_ASSIGN(Fd opened, open_file(from, O_RDONLY));
    const Source source{std::move(opened), from, offset, bytes};
    if (file_exists(to) && file_size(to) == bytes) {
        KDK_ASSIGN(const std::uint64_t same, common_bytes(source, to));
        if (same == bytes)
            return {};
    }
    const std::string partial = to + ".incomplete";
    KDK_ASSIGN(std::uint64_t at, common_bytes(source, partial));
    KDK_ASSIGN(Fd out,
               open_file(partial, O_WRONLY | O_CREAT | O_NOFOLLOW, 0600).map_error(blame_destination));
    std::vector<std::byte> room(window_bytes);
    while (at < bytes) {
        KDK_ASSIGN(const auto part, source.read(at, room));
        KDK_TRY(pwrite_all(out.get(), at, part, partial));
        at += part.size();
    }
    if (::ftruncate(out.get(), static_cast<off_t>(bytes)) != 0 || ::fsync(out.get()) != 0)
        return fail(system_error("write back", partial, errno).from(ErrorSide::destination));
    KDK_TRY(out.close(partial).map_error(blame_destination));
    if (::rename(partial.c_str(), to.c_str()) != 0)
        return fail(system_error("rename", partial, errno).from(ErrorSide::destination));
    return sync_folder(parent_folder(to)).map_error(blame_destination);
}

} // namespace kdumpkit::admin
