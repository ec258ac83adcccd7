// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/block_probe.h"

#include "base/bytes.h"
#include "base/file.h"

#include <algorithm>
#include <cerrno>
#include <memory>
#include <optional>

#include <blkid/blkid.h>
#include <dirent.h>
#include <fmt/format.h>

namespace kdumpkit::capture {
namespace {

std::optional<std::uint64_t> size_of_disk(const std::string& name) {
    const auto text = read_text("/sys/class/block/" + name + "/size", std::size_t{64} << 10);
    if (!text)
        return std::nullopt;
    const auto sectors = parse_number(std::string_view(*text).substr(0, text->find('\n')), 10);
    // Always units of 512 bytes, whatever the disk's own sector is (include/linux/blk_types.h, SECTOR_SIZE).
    return sectors ? std::optional(*sectors * 512) : std::nullopt;
}

} // namespace

std::vector<Disk> block_devices() {
    std::vector<Disk> found;
    const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir("/sys/class/block"), ::closedir);
    while (const dirent* entry = folder ? ::readdir(folder.get()) : nullptr) {
        const std::string name = entry->d_name;
        const auto bytes = name.starts_with('.') ? std::nullopt : size_of_disk(name);
        if (bytes && *bytes > 0) // empty loop devices and card readers are 0
            found.push_back({name, *bytes});
    }
    std::sort(found.begin(), found.end(), [](const Disk& a, const Disk& b) { return a.name < b.name; });
    return found;
}

std::string filesystem_words(const std::string& disk) {
    std::string path = "/dev/" + disk;
    std::replace(path.begin() + 5, path.end(), '!', '/'); // sysfs writes cciss!c0d0 for cciss/c0d0
    const std::unique_ptr<blkid_struct_probe, void (*)(blkid_probe)> probe(
        ::blkid_new_probe_from_filename(path.c_str()), ::blkid_free_probe);
    if (!probe)
        return {};
    ::blkid_probe_enable_superblocks(probe.get(), 1);
    ::blkid_probe_set_superblocks_flags(probe.get(), BLKID_SUBLKS_UUID | BLKID_SUBLKS_TYPE);
    if (::blkid_do_safeprobe(probe.get()) != 0)
        return {};
    const char* uuid = nullptr;
    const char* type = nullptr;
    if (::blkid_probe_lookup_value(probe.get(), "UUID", &uuid, nullptr) != 0 ||
        ::blkid_probe_lookup_value(probe.get(), "TYPE", &type, nullptr) != 0)
        return {};
    return fmt::format("{} {}", uuid, type);
}

Result<std::string> signature_of(const std::string& device) {
    const std::unique_ptr<blkid_struct_probe, void (*)(blkid_probe)> probe(
        ::blkid_new_probe_from_filename(device.c_str()), ::blkid_free_probe);
    if (!probe)
        return fail(system_error("look at what is on", device, errno));
    ::blkid_probe_enable_superblocks(probe.get(), 1);
    ::blkid_probe_set_superblocks_flags(probe.get(), BLKID_SUBLKS_TYPE);
    ::blkid_probe_enable_partitions(probe.get(), 1);
    const int answer = ::blkid_do_safeprobe(probe.get());
    if (answer == 1)
        return std::string();
    if (answer == -2)
        return std::string("more than one thing");
    if (answer != 0)
        return fail(make_error(ErrorKind::system, "look at what is on", device, "blkid cannot tell"));
    const char* type = nullptr;
    if (::blkid_probe_lookup_value(probe.get(), "TYPE", &type, nullptr) == 0)
        return std::string(type);
    return std::string("a partition table");
}

} // namespace kdumpkit::capture
