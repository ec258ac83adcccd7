// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/local_folders.h"

#include "initramfs/devices.h"

#include <fmt/format.h>

namespace kdumpkit::admin {

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
        const auto path = number
                              ? initramfs::find_mounted("/proc/self/mountinfo", *device, *number, target.path)
                              : std::nullopt;
        if (path)
            found.paths.push_back(*path);
        else
            found.unseen.push_back(fmt::format(
                "{}: {}", target.url(), number ? "its filesystem is not mounted" : number.error().reason));
    }
    return found;
}

} // namespace kdumpkit::admin
