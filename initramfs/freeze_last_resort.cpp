// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/freeze_last_resort.h"

#include "config/last_resort.h"
#include "initramfs/devices.h"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

namespace kdumpkit::initramfs {
namespace {

Result<> add_drivers(FrozenLastResort& frozen, const std::string& device, const Surroundings& around) {
    KDK_ASSIGN(std::vector<ModuleRequest> drivers, disk_drivers(device, around));
    for (ModuleRequest& driver : drivers) {
        driver.required = false; // a missing one is a warning
        frozen.drivers.push_back(std::move(driver));
    }
    return {};
}

void add_any(FrozenLastResort& frozen, const Surroundings& around) {
    bool reached = false;
    std::string reasons;
    for (const MountedFolder& mount : mounted_disks(around.mountinfo)) {
        if (!is_last_resort_type(mount.type))
            continue;
        if (const auto added = add_drivers(frozen, mount.source, around))
            reached = true;
        else
            reasons += fmt::format("; {}: {}", mount.source, added.error().reason);
    }
    if (!reached)
        frozen.warnings.push_back(fmt::format(
            "capture.last_resort: no mounted filesystem can be written by the capture kernel{}", reasons));
}

} // namespace

FrozenLastResort freeze_last_resort(const Settings& settings, const Surroundings& around) {
    FrozenLastResort frozen;
    if (settings.last_resort.empty() || !around.find_drivers)
        return frozen;
    if (!around.running_system) {
        frozen.warnings.emplace_back(
            "capture.last_resort: the disks of another root cannot be seen from here; "
            "name their drivers with --add-modules");
        return frozen;
    }
    for (const std::string& one : settings.last_resort) {
        if (one == "any") {
            add_any(frozen, around);
            continue;
        }
        const auto device = find_device_by_uuid(one.substr(std::string_view("UUID=").size()));
        const auto added = device ? add_drivers(frozen, *device, around) : fail(device.error());
        if (!added)
            frozen.warnings.push_back(fmt::format("capture.last_resort: {}: {}", one, added.error().reason));
    }
    return frozen;
}

std::vector<ModuleRequest> last_resort_filesystems(ModuleCatalog& catalog, const Settings& settings) {
    std::vector<ModuleRequest> requests;
    if (settings.last_resort.empty())
        return requests;
    // The module ext4 mounts ext2 and ext3.
    for (const char* type : {"ext4", "xfs", "btrfs", "f2fs", "vfat"})
        if (const auto known = catalog.look_up(type); known && (known->built_in || !known->names.empty()))
            for (ModuleRequest& one : filesystem_modules(catalog, type, false))
                requests.push_back(std::move(one));
    return requests;
}

} // namespace kdumpkit::initramfs
