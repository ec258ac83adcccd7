// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/devices.h"

#include "base/file.h"
#include "initramfs/root.h"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <memory>

#include <blkid/blkid.h>
#include <fmt/format.h>
#include <libmount/libmount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

namespace kdumpkit::initramfs {
namespace {

constexpr const char* name_drivers =
    "name the modules that bring the device up with kdumpkit build --modules";

Result<std::string> real_path(const std::string& path) {
    const std::unique_ptr<char, decltype(&std::free)> real(::realpath(path.c_str(), nullptr), &std::free);
    if (!real)
        return fail(system_error("look up", path, errno));
    return std::string(real.get());
}

std::string base_name(const std::string& path) {
    return path.substr(path.rfind('/') + 1);
}

// "/…/driver/module" is a link to /sys/module/NAME; a driver inside the kernel image has none.
std::string driver_module(const std::string& device) {
    const auto module = real_path(device + "/driver/module");
    return module ? base_name(*module) : std::string();
}

std::string first_line(const std::string& path) {
    std::string text = read_text(path).value_or(std::string());
    text.resize(std::min(text.size(), text.find('\n')));
    return text;
}

void add_once(std::vector<std::string>& list, std::string item) {
    if (!item.empty() && std::find(list.begin(), list.end(), item) == list.end())
        list.push_back(std::move(item));
}

// From the device up to /sys/devices, collected outermost first.
void collect(const std::string& devices, const std::string& device, DeviceChain& chain) {
    std::vector<std::string> way;
    for (std::string at = device; at.size() > devices.size() && at.starts_with(devices + "/");
         at = parent_folder(at))
        way.push_back(at);
    for (auto at = way.rbegin(); at != way.rend(); ++at) {
        add_once(chain.drivers, driver_module(*at));
        add_once(chain.modaliases, first_line(*at + "/modalias"));
    }
}

// The real controllers of an NVMe subsystem lie elsewhere: its folder links to them as nvme0, nvme1, ….
bool collect_nvme_subsystem(const std::string& devices, const std::string& disk, DeviceChain& chain) {
    const std::string subsystem = parent_folder(disk);
    if (parent_folder(subsystem) != devices + "/virtual/nvme-subsystem")
        return false;
    for (const std::string& name : Root("").names(subsystem)) {
        const auto controller = real_path(subsystem + "/" + name);
        if (name.starts_with("nvme") && controller && !controller->starts_with(subsystem))
            collect(devices, *controller, chain);
    }
    return true;
}

} // namespace

Result<DeviceChain> device_chain(const std::string& sysfs, unsigned major, unsigned minor) {
    const std::string number = fmt::format("{}:{}", major, minor);
    auto found = real_path(fmt::format("{}/dev/block/{}", sysfs, number));
    if (!found)
        return fail(make_error(ErrorKind::absent, "find the block device", number,
                               fmt::format("{}/dev/block does not list it", sysfs))
                        .then(name_drivers));
    KDK_ASSIGN(const std::string devices, real_path(sysfs + "/devices"));
    const std::string disk = file_exists(*found + "/partition") ? parent_folder(*found) : *found;
    DeviceChain chain;
    chain.device = "/dev/" + base_name(disk);

    std::vector<std::string> parts = Root("").names(disk + "/slaves");
    for (const std::string& part : Root("").names(*found + "/slaves"))
        add_once(parts, part);
    if (!parts.empty())
        return fail(make_error(ErrorKind::unsupported, "find the drivers of", chain.device,
                               fmt::format("it is put together from {} (LVM, RAID or encryption)",
                                           fmt::join(parts, ", ")))
                        .then("choose a target on a plain disk or partition"));
    if (collect_nvme_subsystem(devices, disk, chain))
        return chain;
    if (disk.starts_with(devices + "/virtual/"))
        return fail(make_error(ErrorKind::unsupported, "find the drivers of", chain.device,
                               "it is a virtual device, without hardware that the capture kernel could find")
                        .then("choose a target on a real disk"));
    collect(devices, disk, chain);
    return chain;
}

Result<DeviceChain> network_device_chain(const std::string& sysfs, const std::string& name) {
    KDK_ASSIGN(const std::string devices, real_path(sysfs + "/devices"));
    auto device = real_path(fmt::format("{}/class/net/{}/device", sysfs, name));
    if (!device)
        return fail(std::move(device).error().then(name_drivers));
    DeviceChain chain;
    chain.device = name;
    collect(devices, *device, chain);
    return chain;
}

namespace {

using MountTable = std::unique_ptr<libmnt_table, decltype(&mnt_unref_table)>;

MountTable read_mounts(const std::string& mountinfo) {
    return {mnt_new_table_from_file(mountinfo.c_str()), &mnt_unref_table};
}

std::string text_of(const char* value) {
    return value != nullptr ? value : "";
}

using MountIterator = std::unique_ptr<libmnt_iter, decltype(&mnt_free_iter)>;

MountIterator from_first_mount() {
    return {mnt_new_iter(MNT_ITER_FORWARD), &mnt_free_iter};
}

// A kernel that mounted its root itself says /dev/root, which nobody made a node for.
std::string source_of(libmnt_fs* mount) {
    const std::string source = text_of(mnt_fs_get_srcpath(mount));
    const dev_t number = mnt_fs_get_devno(mount);
    return source == "/dev/root" && !file_exists(source)
               ? fmt::format("/dev/block/{}:{}", major(number), minor(number))
               : source;
}

} // namespace

std::vector<MountedFolder> mounted_disks(const std::string& mountinfo) {
    std::vector<MountedFolder> disks;
    const MountTable table = read_mounts(mountinfo);
    const MountIterator it = from_first_mount();
    if (!table || !it)
        return disks;
    for (libmnt_fs* mount = nullptr; mnt_table_next_fs(table.get(), it.get(), &mount) == 0;) {
        MountedFolder disk{source_of(mount), text_of(mnt_fs_get_fstype(mount)),
                           text_of(mnt_fs_get_target(mount))};
        if (disk.source.starts_with("/dev/") &&
            std::none_of(disks.begin(), disks.end(),
                         [&](const MountedFolder& other) { return other.source == disk.source; }))
            disks.push_back(std::move(disk));
    }
    return disks;
}

std::optional<std::string> find_mounted(const std::string& mountinfo, const std::string& device,
                                        const DeviceNumber& number, const std::string& folder) {
    const MountTable table = read_mounts(mountinfo);
    const MountIterator it = from_first_mount();
    if (!table || !it)
        return std::nullopt;
    for (libmnt_fs* mount = nullptr; mnt_table_next_fs(table.get(), it.get(), &mount) == 0;) {
        const dev_t mounted = mnt_fs_get_devno(mount);
        if (text_of(mnt_fs_get_srcpath(mount)) != device &&
            (major(mounted) != number.major || minor(mounted) != number.minor))
            continue;
        const std::string root = text_of(mnt_fs_get_root(mount)); // what of the filesystem this mount shows
        const std::string inside = root == "/" ? "" : root;
        if (folder.starts_with(inside) && (folder.size() == inside.size() || folder[inside.size()] == '/'))
            return normal_path(text_of(mnt_fs_get_target(mount)) + "/" + folder.substr(inside.size()));
    }
    return std::nullopt;
}

Result<MountedFolder> find_mount(const std::string& mountinfo, const std::string& folder) {
    const MountTable table = read_mounts(mountinfo);
    if (!table)
        return fail(system_error("read the mounts in", mountinfo, errno));
    // The last mount over a place hides the earlier ones.
    libmnt_fs* mount = nullptr;
    for (std::string at = folder; mount == nullptr; at = parent_folder(at)) {
        mount = mnt_table_find_target(table.get(), at.c_str(), MNT_ITER_BACKWARD);
        if (at == "/")
            break;
    }
    if (mount == nullptr)
        return fail(make_error(ErrorKind::absent, "find the filesystem of", folder,
                               "no mount of " + mountinfo + " holds it")
                        .then("write fs= and type= into the URL"));
    MountedFolder found;
    found.source = source_of(mount);
    found.type = text_of(mnt_fs_get_fstype(mount));
    const std::string target = text_of(mnt_fs_get_target(mount));
    const std::string below = target == "/" ? folder : folder.substr(std::min(target.size(), folder.size()));
    found.folder = normal_path(text_of(mnt_fs_get_root(mount)) + "/" + below);
    if (!found.source.starts_with("/dev/"))
        return fail(make_error(ErrorKind::unsupported, "dump to", folder,
                               fmt::format("it lies on {} ({}), which is not a disk of this machine",
                                           found.type, text_of(mnt_fs_get_source(mount))))
                        .then("choose a folder on a local disk"));
    return found;
}

Result<Filesystem> identify_filesystem(const std::string& device) {
    const std::unique_ptr<blkid_struct_probe, decltype(&blkid_free_probe)> probe(
        blkid_new_probe_from_filename(device.c_str()), &blkid_free_probe);
    if (!probe)
        return fail(
            system_error("open", device, errno)
                .then("run as root outside of containers, or write fs= and type= into the URL and name the "
                      "drivers with kdumpkit build --modules"));
    blkid_probe_enable_superblocks(probe.get(), 1);
    blkid_probe_set_superblocks_flags(probe.get(),
                                      BLKID_SUBLKS_UUID | BLKID_SUBLKS_TYPE | BLKID_SUBLKS_USAGE);
    const char* uuid = nullptr;
    const char* type = nullptr;
    const char* usage = nullptr;
    if (blkid_do_safeprobe(probe.get()) != 0 ||
        blkid_probe_lookup_value(probe.get(), "TYPE", &type, nullptr) != 0 ||
        blkid_probe_lookup_value(probe.get(), "USAGE", &usage, nullptr) != 0 ||
        std::string_view(usage) != "filesystem")
        return fail(
            make_error(ErrorKind::unsupported, "find the filesystem on", device, "it has none that is known")
                .then("choose a folder on a local filesystem with a UUID"));
    if (blkid_probe_lookup_value(probe.get(), "UUID", &uuid, nullptr) != 0)
        return fail(make_error(ErrorKind::unsupported, "find the filesystem on", device,
                               fmt::format("its {} has no UUID", type))
                        .then("give it one, or choose another filesystem"));
    return Filesystem{uuid, type};
}

Result<std::string> find_device_by_uuid(const std::string& uuid) {
    const std::unique_ptr<char, decltype(&std::free)> device(
        blkid_evaluate_tag("UUID", uuid.c_str(), nullptr), &std::free);
    if (!device)
        return fail(
            make_error(ErrorKind::absent, "find the filesystem", "UUID=" + uuid,
                       "no block device that is visible here has it")
                .then("check it with blkid as root; for a disk that this machine cannot see, put type= into "
                      "the URL and name its drivers with kdumpkit build --modules"));
    return std::string(device.get());
}

std::optional<std::string> uuid_of_filesystem(const std::string& name) {
    const std::unique_ptr<char, decltype(&std::free)> device(blkid_evaluate_spec(name.c_str(), nullptr),
                                                             &std::free);
    if (!device)
        return std::nullopt;
    const auto filesystem = identify_filesystem(device.get());
    return filesystem ? std::optional(filesystem->uuid) : std::nullopt;
}

Result<DeviceNumber> device_number(const std::string& device) {
    struct stat status {};
    if (::stat(device.c_str(), &status) != 0)
        return fail(system_error("look at", device, errno).then(name_drivers));
    if (!S_ISBLK(status.st_mode))
        return fail(
            make_error(ErrorKind::unsupported, "find the drivers of", device, "it is not a block device")
                .then(name_drivers));
    return DeviceNumber{major(status.st_rdev), minor(status.st_rdev)};
}

} // namespace kdumpkit::initramfs
