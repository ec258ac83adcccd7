// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "config/target.h"
#include "initramfs/devices.h"
#include "initramfs/load_order.h"

#include <string>
#include <vector>

namespace kdumpkit::initramfs {

// Where to look, and what for. The paths are the running system's; tests give their own.
struct Surroundings {
    bool running_system = true; // false: an image for another root, whose devices cannot be seen here
    bool same_kernel = true;    // the initramfs is for the kernel that runs now
    bool find_drivers = true;   // false: the caller names the modules
    std::string sysfs = "/sys";
    std::string mountinfo = "/proc/self/mountinfo";
    std::string etc = "/etc";
    std::string run = "/run";
};

// The drivers of a device: those in use are exact, but only this kernel surely calls them so; for another one
// its own aliases decide.
std::vector<ModuleRequest> driver_modules(const DeviceChain& chain, const Surroundings& around);
// The same of a block device by its path.
Result<std::vector<ModuleRequest>> disk_drivers(const std::string& device, const Surroundings& around);

// A target with its filesystem found, and the modules its device needs.
struct FrozenTarget {
    Target target;
    std::vector<ModuleRequest> drivers; // without the filesystem's own module
};
Result<FrozenTarget> freeze_target(const Target& target, const Surroundings& around);

// What mounting a filesystem of this type needs besides the device: its own module and the tables that the
// kernel would ask modprobe for, which the capture kernel does not have. `sure`: the absence of a module
// means that the kernel cannot mount it, because the list of built-in drivers is known.
std::vector<ModuleRequest> filesystem_modules(ModuleCatalog& catalog, const std::string& type, bool sure);

// The drivers of hardware watchdogs that this machine has armed: unfed they would reset it in the middle of a
// dump.
std::vector<ModuleRequest> armed_watchdogs(const std::string& sysfs);
// The driver of the memory in which pstore keeps messages over a reboot, when this machine has such.
std::vector<ModuleRequest> pstore_modules(const std::string& sysfs);
// The modules that a target needs besides its device or network: a filesystem's, for nfs the versions that it
// may speak.
std::vector<ModuleRequest> target_modules(ModuleCatalog& catalog, const Target& target, bool sure);

// The name that goes into the dump's folder: letters, digits, ".", "_" and "-", at most 64.
Result<std::string> checked_host(const std::string& host);

} // namespace kdumpkit::initramfs
