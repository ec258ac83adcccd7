// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/freeze_last_resort.h"

#include "config/last_resort.h"
#include "initramfs/devices.h"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

namespace kdumpkit::initramfs {
namespace {

Result<DeviceChain> chain_of(const std::string& device, const Surroundings& around) {
    KDK_ASSIGN(const DeviceNumber number, device_number(device));
    return device_chain(around.sysfs, number.major, number.minor);
}

void add(FrozenLastResort& frozen, const DeviceChain& chain, const Surroundings& around) {
    for (ModuleRequest& driver : driver_modules(chain, around)) {
        driver.required = false; // a missing one is a warning
        frozen.drivers.push_back(std::move(driver));
    }
}

void add_any(FrozenLastResort& frozen, const Surroundings& around) {
    bool reached = false;
    std::string reasons;
    for (const MountedFolder& mount : mounted_disks(around.mountinfo)) {
        if (!is_last_resort_type(mount.type))
            continue;
        const auto chain = chain_of(mount.source, around);
        if (chain) {
            add(frozen, *chain, around);
            reached = true;
        } else
            reasons += fmt::format("; {}: {}", mount.source, chain.error().reason);
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
        const auto chain = device ? chain_of(*device, around) : Result<DeviceChain>(Failure(device.error()));
        if (chain)
            add(frozen, *chain, around);
        else
            frozen.warnings.push_back(fmt::format("capture.last_resort: {}: {}", one, chain.error().reason));
    }
    return frozen;
}

} // namespace kdumpkit::initramfs
