// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/dump_folder.h"

#include "base/file.h"
#include "base/utc.h"
#include "capture/mounts.h"

#include <cerrno>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

namespace kdumpkit::capture {

std::string dump_folder_name(std::int64_t utc_seconds, std::string_view host, std::string_view boot_id) {
    std::string name(host.substr(0, 64)); // HOST_NAME_MAX
    for (char& c : name) {
        const bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                          c == '-' || c == '_' || c == '.';
        if (!good)
            c = '_';
    }
    if (name.empty())
        name = "unknown";
    if (!clock_was_set(utc_seconds) && boot_id.size() >= 8)
        name += fmt::format("-{}", boot_id.substr(0, 8));
    return fmt::format("{}-{}", utc_text(utc_seconds, "%Y%m%dT%H%M%SZ"), name);
}

Result<std::string> make_dump_folder(const std::string& parent, const std::string& name) {
    KDK_TRY(make_folders(parent));
    for (int i = 1;; ++i) {
        const std::string path =
            fmt::format("{}/{}{}", parent, name, i == 1 ? std::string() : fmt::format("-{}", i));
        if (::mkdir(path.c_str(), 0700) == 0)
            return path;
        if (errno != EEXIST || i == 1000)
            return fail(system_error("make the folder", path, errno).from(ErrorSide::destination));
    }
}

Result<ReservedRoom> ReservedRoom::make(const std::string& folder) {
    ReservedRoom room(folder + "/.room");
    KDK_ASSIGN(const Fd fd, open_file(room.path_, O_WRONLY | O_CREAT, 0600).map_error(blame_destination));
    // fallocate, not posix_fallocate: the latter writes zeros one block at a time where it isn't supported.
    if (::fallocate(fd.get(), 0, 0, static_cast<off_t>(bytes)) != 0 && errno == ENOSPC)
        return fail(system_error("keep room in", folder, ENOSPC).from(ErrorSide::destination));
    return room;
}

void ReservedRoom::release() {
    if (!path_.empty())
        ::unlink(path_.c_str());
    path_.clear();
}

} // namespace kdumpkit::capture
