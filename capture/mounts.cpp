// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/mounts.h"

#include <cerrno>

#include <sys/mount.h>
#include <sys/stat.h>

namespace kdumpkit::capture {

const std::vector<MountRequest>& virtual_filesystems() {
    static const std::vector<MountRequest> list{
        {"proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, ""},
        {"sysfs", "/sys", "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, ""},
        {"devtmpfs", "/dev", "devtmpfs", MS_NOSUID, "mode=0755"},
        {"tmpfs", "/run", "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755,size=16m"},
    };
    return list;
}

Result<> make_folders(const std::string& path) {
    for (std::size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
        const std::string part = path.substr(0, end);
        if (!part.empty() && ::mkdir(part.c_str(), 0700) != 0 && errno != EEXIST)
            return fail(system_error("make the folder", part, errno).from(ErrorSide::destination));
        if (end == std::string::npos)
            break;
    }
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0)
        return fail(system_error("look at the folder", path, errno).from(ErrorSide::destination));
    if (!S_ISDIR(status.st_mode))
        return fail(system_error("make the folder", path, ENOTDIR).from(ErrorSide::destination));
    return {};
}

void mount_virtual_filesystems(System& system, CaptureLog& log, const std::string& root) {
    for (MountRequest request : virtual_filesystems()) {
        request.folder = root + request.folder;
        auto result = make_folders(request.folder);
        if (result)
            result = system.mount(request);
        // EBUSY: the kernel or whoever started us has mounted it there already.
        if (!result && result.error().errno_value != EBUSY)
            log.error(result.error());
    }
}

Result<> mount_target(System& system, const std::string& device, const std::string& type,
                      const std::string& folder) {
    KDK_TRY(make_folders(folder));
    auto mounted = system.mount({device, folder, type, MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME, ""});
    if (!mounted) {
        Error error = blame_destination(std::move(mounted).error());
        if (error.errno_value == EROFS || error.errno_value == EACCES) {
            error.reason = "it is read-only";
            error =
                std::move(error).then("Name a target that can be written, and build the initramfs again.");
        } else if (error.errno_value == ENODEV)
            error = std::move(error).then("Build the initramfs again: it lacks the " + type + " module.");
        return fail(std::move(error));
    }
    auto space = system.space(folder);
    if (!space || space->read_only) {
        (void)system.unmount(folder);
        if (!space)
            return fail(blame_destination(std::move(space).error()));
        return fail(blame_destination(make_error(ErrorKind::system, "write to", device,
                                                 "its filesystem was mounted read-only"))
                        .then("Repair it with fsck on the running system."));
    }
    return {};
}

Result<> mount_to_read(System& system, const std::string& device, const std::string& type,
                       const std::string& folder) {
    // Even a read-only mount replays a journal unless it is told not to.
    const std::string options = type == "ext4" || type == "ext3"  ? "noload"
                                : type == "xfs" || type == "f2fs" ? "norecovery"
                                : type == "btrfs"                 ? "rescue=nologreplay"
                                                                  : "";
    KDK_TRY(make_folders(folder));
    return system.mount({device, folder, type, MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, options});
}

} // namespace kdumpkit::capture
