// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/target_facts.h"

#include "admin/local_folders.h"
#include "base/bytes.h"
#include "base/file.h"
#include "base/process.h"
#include "base/tcp_probe.h"
#include "base/text.h"
#include "config/raw_frame.h"
#include "initramfs/devices.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <unistd.h>

namespace kdumpkit::admin {
namespace {

namespace fs = std::filesystem;
constexpr std::chrono::seconds probe_deadline{30};

// Whether the device-mapper says so of the device or of one below it. `device`: its folder in sysfs.
bool is_encrypted(const std::string& device, int depth = 0) {
    if (read_text(device + "/dm/uuid").value_or(std::string()).starts_with("CRYPT-"))
        return true;
    std::error_code error;
    for (fs::directory_iterator it(device + "/slaves", error), end; !error && it != end && depth < 8;
         it.increment(error))
        if (is_encrypted(it->path().string(), depth + 1))
            return true;
    return false;
}

// devtmpfs is a tmpfs, too.
bool is_in_memory(const std::string& folder) {
    struct statfs about {};
    return ::statfs(folder.c_str(), &about) == 0 &&
           (about.f_type == TMPFS_MAGIC || static_cast<unsigned long>(about.f_type) == RAMFS_MAGIC);
}

void look_into_folder(TargetFacts& facts) {
    struct statvfs room {};
    std::error_code error;
    const fs::path real = fs::canonical(facts.folder, error);
    if (error == std::errc::no_such_file_or_directory) {
        facts.unseen = "there is no such folder";
        facts.mend = fmt::format("mkdir -p -m 700 {}, as kdumpkit arm does; where another disk belongs "
                                 "there, mount that first",
                                 facts.folder);
        return;
    }
    if (!error && !fs::is_directory(real, error)) {
        facts.unseen = "it is no folder";
        facts.mend = "name a folder in the settings";
        return;
    }
    if (error || ::statvfs(real.c_str(), &room) != 0) {
        facts.unseen = error ? error.message() : std::string("its filesystem cannot be asked");
        return;
    }
    facts.free_bytes = std::uint64_t{room.f_bfree} * room.f_frsize;
    facts.in_memory = is_in_memory(real.string());
    facts.read_only = (room.f_flag & ST_RDONLY) != 0;
    const auto mount = initramfs::find_mount("/proc/self/mountinfo", real.string());
    if (!mount) {
        facts.unseen = mount.error().reason;
        return;
    }
    if (const auto number = initramfs::device_number(mount->source))
        facts.encrypted = is_encrypted(fmt::format("/sys/dev/block/{}:{}", number->major, number->minor));
}

void look_into_device(TargetFacts& facts) {
    const auto device = open_file(facts.folder, O_RDONLY);
    const off_t size = device ? ::lseek(device->get(), 0, SEEK_END) : -1;
    if (size < 0) {
        facts.unseen =
            device ? system_error("ask for the size of", facts.folder, errno).reason : device.error().reason;
        return;
    }
    facts.free_bytes = static_cast<std::uint64_t>(size);
    if (const auto dump = read_raw_dump(facts.folder); dump && dump->complete && !dump->taken) {
        facts.free_bytes = 0;
        facts.occupied_by = dump->folder;
    }
}

void look_for_folder(TargetFacts& facts, const Target& target) {
    Settings alone;
    alone.targets = {target};
    const LocalFolders local = find_local_folders(alone);
    if (local.paths.empty()) {
        facts.unseen =
            local.unseen.empty() ? "it has no folder on this machine" : local.unseen.front().reason;
        return;
    }
    facts.folder = local.paths.front();
    std::error_code error;
    // Of a filesystem that the URL names, the capture kernel makes the folder.
    while (!target.value("fs").empty() && facts.folder != "/" && !fs::exists(facts.folder, error))
        facts.folder = parent_folder(facts.folder);
    look_into_folder(facts);
}

// The server alone: a mount would change this machine.
void probe_nfs(TargetFacts& facts) {
    constexpr std::uint16_t nfs_port = 2049; // IANA's, and what kdump-capture takes without another
    const auto target = parse_target(facts.url);
    if (!target)
        return;
    const auto answers =
        try_to_connect(target->host, target->port.value_or(nfs_port), std::chrono::seconds(5));
    facts.reached = answers.has_value();
    facts.probe =
        answers ? "whether it exports that folder to this machine was not tried" : answers.error().message();
}

} // namespace

std::vector<TargetFacts> look_at_targets(const Settings& settings) {
    std::vector<TargetFacts> all;
    for (const Target& target : settings.targets) {
        TargetFacts facts;
        facts.url = target.url();
        facts.carrier = target.info().carrier;
        switch (facts.carrier) {
        case Carrier::filesystem:
            look_for_folder(facts, target);
            break;
        case Carrier::device:
            facts.folder = target.path;
            look_into_device(facts);
            break;
        case Carrier::network_filesystem:
            facts.probe = "doctor mounts nothing";
            break;
        case Carrier::sender:
            facts.probe = "kdump-send is not installed";
            break;
        }
        all.push_back(std::move(facts));
    }
    return all;
}

void probe_targets(std::vector<TargetFacts>& targets) {
    for (TargetFacts& target : targets) {
        if (target.carrier == Carrier::network_filesystem)
            probe_nfs(target);
        if (target.carrier != Carrier::sender)
            continue;
        const auto nowhere = open_file("/dev/null", O_RDWR);
        if (!nowhere)
            continue;
        Spawn what;
        what.argv = {"kdump-send", "--probe", target.url};
        what.standard_input = what.standard_output = nowhere->get();
        auto child = spawn(what);
        if (!child)
            continue; // not installed
        const auto status = child->wait(probe_deadline);
        target.reached = status && status->success();
        target.probe = status ? status->text() : status.error().message();
    }
}

std::optional<DumpSize> expected_dump_size(const std::vector<Dump>& dumps, unsigned level,
                                           std::string_view meminfo) {
    std::uint64_t largest = 0;
    std::size_t count = 0;
    for (const Dump& dump : dumps)
        if (dump.complete) {
            ++count;
            largest = std::max(largest, dump.disk_bytes);
        }
    if (count != 0)
        return DumpSize{largest, fmt::format("the largest of {} dumps here", count)};
    const auto total = kib_of(meminfo, "MemTotal");
    if (!total)
        return std::nullopt;
    // What makedumpfile's level leaves out: 8 user pages, 2 and 4 page cache, 16 free ones.
    std::uint64_t kept = *total;
    const auto drop = [&](unsigned bits, const char* name) {
        if ((level & bits) == bits)
            kept -= std::min(kept, kib_of(meminfo, name).value_or(0));
    };
    drop(8, "AnonPages");
    drop(6, "Cached");
    drop(16, "MemFree");
    return DumpSize{kept << 10, "all that the dump level keeps, uncompressed"};
}

} // namespace kdumpkit::admin
