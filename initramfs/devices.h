// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"

#include <optional>
#include <string>
#include <vector>

namespace kdumpkit::initramfs {

// What the kernel's device tree says is between a device and the CPU. Source:
// Documentation/ABI/testing/sysfs-block and the "driver", "module" and "modalias" files that driver-model/
// describes.
struct DeviceChain {
    std::string device;               // "/dev/vda": the whole disk, also for a partition; or "eth0"
    std::vector<std::string> drivers; // modules of the drivers in use, from the outermost bus to the device
    std::vector<std::string> modaliases; // of every device on the way, same order; for another kernel
};

// The chain of a block device, read from `sysfs` (normally "/sys"). A stacked device (LVM, RAID, encryption,
// loop) is `unsupported`: its parts would have to be put together before it exists.
Result<DeviceChain> device_chain(const std::string& sysfs, unsigned major, unsigned minor);

// The chain of a network device.
Result<DeviceChain> network_device_chain(const std::string& sysfs, const std::string& name);

// A folder of the running system, seen from inside its filesystem.
struct MountedFolder {
    std::string source; // "/dev/vda2"
    std::string type;   // "ext4"
    std::string folder; // "/crash" for /var/crash when /var is the mount point
};

// Which mount holds `folder` (absolute, links already followed), from a mountinfo file (proc(5)).
Result<MountedFolder> find_mount(const std::string& mountinfo, const std::string& folder);

// What is mounted from block devices, each device once, `folder` being where the running system has it.
std::vector<MountedFolder> mounted_disks(const std::string& mountinfo);

struct Filesystem {
    std::string uuid;
    std::string type;
};
// What lies on a block device or in an image file, by libblkid. Needs to read it.
Result<Filesystem> identify_filesystem(const std::string& device);
// The block device whose filesystem has this UUID; `absent` when none is visible.
Result<std::string> find_device_by_uuid(const std::string& uuid);
// The UUID of the filesystem that "LABEL=dumps", "PARTUUID=…" or "/dev/vdb1" names, if this machine has it.
std::optional<std::string> uuid_of_filesystem(const std::string& name);

// Major and minor number of a block device's node.
struct DeviceNumber {
    unsigned major = 0, minor = 0;
};
Result<DeviceNumber> device_number(const std::string& device);

// The other way round: where `folder`, counted from the root of the filesystem on `device`, is seen in the
// running system; nullopt when that part of it is not mounted. The device is known by its number, because it
// may have many names, or by its name, because btrfs has numbers of its own.
std::optional<std::string> find_mounted(const std::string& mountinfo, const std::string& device,
                                        const DeviceNumber& number, const std::string& folder);

} // namespace kdumpkit::initramfs
