// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/local_folders.h"

#include "config/last_resort.h"
#include "initramfs/devices.h"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

namespace kdumpkit::admin {
namespace {

constexpr const char* mountinfo = "/proc/self/mountinfo";

bool is_allowed(const Settings& settings, const initramfs::MountedFolder& mount) {
    if (!is_last_resort_type(mount.type))
        return false;
    if (may_be_last_resort(settings, {})) // any
        return true;
    const auto filesystem = initramfs::identify_filesystem(mount.source);
    return filesystem && may_be_last_resort(settings, filesystem->uuid);
}

// Where a capture put what no target took. Most machines have no such folder, which is nothing to report.
std::vector<std::string> last_resort_folders(const Settings& settings) {
    std::vector<std::string> folders;
    if (settings.last_resort.empty())
        return folders;
    for (const initramfs::MountedFolder& mount : initramfs::mounted_disks(mountinfo)) {
        if (!is_allowed(settings, mount))
            continue;
        const auto number = initramfs::device_number(mount.source);
        const auto path = number
                              ? initramfs::find_mounted(mountinfo, mount.source, *number, last_resort_folder)
                              : std::nullopt;
        std::error_code error;
        if (path && std::filesystem::is_directory(*path, error))
            folders.push_back(*path);
    }
    return folders;
}

} // namespace

LocalFolders find_local_folders(const Settings& settings) {
    LocalFolders found;
    for (const Target& target : settings.targets) {
        if (target.scheme != Scheme::file)
            continue;
        if (target.value("fs").empty()) {
            found.paths.push_back(target.path);
            continue;
        }
        const auto device = initramfs::find_device_by_uuid(target.uuid());
        const auto number = device ? initramfs::device_number(*device)
                                   : Result<initramfs::DeviceNumber>(Failure(device.error()));
        const auto path =
            number ? initramfs::find_mounted(mountinfo, *device, *number, target.path) : std::nullopt;
        if (path)
            found.paths.push_back(*path);
        else
            found.unseen.push_back(
                {target.url(), number ? "its filesystem is not mounted" : number.error().reason});
    }
    for (std::string& path : last_resort_folders(settings))
        if (std::find(found.paths.begin(), found.paths.end(), path) == found.paths.end())
            found.paths.push_back(std::move(path));
    return found;
}

} // namespace kdumpkit::admin
