// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/freeze.h"

#include "base/file.h"
#include "initramfs/devices.h"

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <memory>

#include <fmt/format.h>

namespace kdumpkit::initramfs {
namespace {

constexpr const char* full_url = "write both into the URL: file:///FOLDER?fs=UUID=…&type=ext4";

// The real place of a folder of the running system.
Result<std::string> real_folder(const std::string& folder) {
    const std::unique_ptr<char, decltype(&std::free)> real(::realpath(folder.c_str(), nullptr), &std::free);
    if (!real)
        return fail(system_error("find the target folder", folder, errno)
                        .then(fmt::format("mkdir -p {}, or name another target", folder)));
    if (std::error_code error; !std::filesystem::is_directory(real.get(), error))
        return fail(make_error(ErrorKind::invalid, "freeze the target", folder, "it is no folder")
                        .then("name a folder, which gets one of its own for each dump"));
    return std::string(real.get());
}

// Fills in fs= and type=; answers the device they were found on, empty when it was not needed.
Result<std::string> resolve(Target& target, const Surroundings& around) {
    if (target.value("fs").empty()) {
        KDK_ASSIGN(const std::string folder, real_folder(target.path));
        KDK_ASSIGN(const MountedFolder mount, find_mount(around.mountinfo, folder));
        KDK_ASSIGN(const Filesystem filesystem, identify_filesystem(mount.source));
        target.path = mount.folder;
        target.parameters["fs"] = "UUID=" + filesystem.uuid;
        target.parameters.emplace("type", mount.type);
        return mount.source;
    }
    if (target.parameters.contains("type") && !around.find_drivers)
        return std::string();
    KDK_ASSIGN(const std::string device, find_device_by_uuid(target.uuid()));
    if (!target.parameters.contains("type")) {
        KDK_ASSIGN(const Filesystem filesystem, identify_filesystem(device));
        target.parameters["type"] = filesystem.type;
    }
    return device;
}

} // namespace

std::vector<ModuleRequest> driver_modules(const DeviceChain& chain, const Surroundings& around) {
    std::vector<ModuleRequest> requests;
    const std::string why = fmt::format("{} hangs on it", chain.device);
    for (const std::string& name : around.same_kernel ? chain.drivers : chain.modaliases)
        requests.push_back({name, why, around.same_kernel});
    return requests;
}

Result<std::vector<ModuleRequest>> disk_drivers(const std::string& device, const Surroundings& around) {
    KDK_ASSIGN(const DeviceNumber number, device_number(device));
    KDK_ASSIGN(const DeviceChain chain, device_chain(around.sysfs, number.major, number.minor));
    return driver_modules(chain, around);
}

Result<FrozenTarget> freeze_target(const Target& target, const Surroundings& around) {
    FrozenTarget frozen{target, {}};
    if (target.info().remote())
        return frozen; // its network is frozen for all remote targets together
    if (target.scheme == Scheme::raw) {
        if (around.running_system && around.find_drivers) {
            KDK_ASSIGN(frozen.drivers, disk_drivers(target.path, around));
        }
        return frozen;
    }
    if (!around.running_system) {
        if (!target.resolved())
            return fail(
                make_error(ErrorKind::invalid, "freeze the target", target.url(),
                           "fs= or type= is missing, and the disks of another root cannot be seen from here")
                    .then(full_url));
        if (around.find_drivers)
            return fail(make_error(ErrorKind::invalid, "find the drivers of", target.url(),
                                   "the devices of another root cannot be seen from here")
                            .then("name them with --modules, such as --modules virtio_pci,virtio_blk, or say "
                                  "--modules none when they are all built in"));
        return frozen;
    }
    KDK_ASSIGN(const std::string device, resolve(frozen.target, around));
    if (!around.find_drivers)
        return frozen;
    KDK_ASSIGN(frozen.drivers, disk_drivers(device, around));
    return frozen;
}

std::vector<ModuleRequest> filesystem_modules(ModuleCatalog& catalog, const std::string& type, bool sure) {
    const std::string why = fmt::format("the target's filesystem is {}", type);
    // Most are called like their filesystem; only the others (iso9660 is in isofs) cost a search for the
    // alias.
    const auto by_name = catalog.look_up(type);
    const bool named = by_name && (by_name->built_in || !by_name->names.empty());
    std::vector<ModuleRequest> requests = {{named ? type : "fs-" + type, why, sure}};
    // The character sets that vfat asks for by default (fs/fat/Kconfig, FAT_DEFAULT_CODEPAGE and _IOCHARSET).
    if (type == "vfat" || type == "msdos")
        for (const char* table : {"nls_cp437", "nls_ascii", "nls_iso8859_1", "nls_utf8"})
            requests.push_back({table, why, false});
    return requests;
}

std::vector<ModuleRequest> armed_watchdogs(const std::string& sysfs) {
    std::vector<ModuleRequest> requests;
    std::error_code error;
    for (std::filesystem::directory_iterator it(sysfs + "/class/watchdog", error), end; !error && it != end;
         it.increment(error)) {
        const std::string state = read_text(it->path() / "state", 4096).value_or(std::string());
        const auto module = std::filesystem::read_symlink(it->path() / "device/driver/module", error);
        if (!error && state.starts_with("active")) // built-in drivers have no module
            requests.push_back({module.filename(), "an armed hardware watchdog", false});
        error.clear();
    }
    return requests;
}

std::vector<ModuleRequest> pstore_modules(const std::string& sysfs) {
    // Only a module has an initstate; pmsg is there when the kernel and the driver keep messages.
    if (!file_exists(sysfs + "/class/pmsg/pmsg0") || !file_exists(sysfs + "/module/ramoops/initstate"))
        return {};
    return {{"ramoops", "pstore keeps messages", false}};
}

std::vector<ModuleRequest> target_modules(ModuleCatalog& catalog, const Target& target, bool sure) {
    if (target.scheme == Scheme::file)
        return filesystem_modules(catalog, target.value("type"), sure);
    if (target.scheme != Scheme::nfs)
        return {};
    const std::string why = "the target is " + target.url();
    const std::string version = target.value("version");
    std::vector<ModuleRequest> requests = {{"nfs", why, sure}};
    if (version != "3")
        requests.push_back({"nfsv4", why, sure && !version.empty()});
    if (version.empty() || version == "3")
        requests.push_back({"nfsv3", why, sure && !version.empty()});
    return requests;
}

Result<std::string> checked_host(const std::string& host) {
    constexpr std::string_view allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
    if (host.empty() || host.size() > 64 || host.starts_with('.') ||
        host.find_first_not_of(allowed) != std::string::npos)
        return fail(
            make_error(
                ErrorKind::invalid, "use the host name", fmt::format("\"{}\"", host),
                "it becomes part of a folder's name: letters, digits, \".\", \"_\" and \"-\", at most 64")
                .then("give the machine another one, or name one with kdumpkit build --host"));
    return host;
}

} // namespace kdumpkit::initramfs
