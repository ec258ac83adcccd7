// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/linux_system.h"

#include "base/bytes.h"
#include "capture/program.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <ctime>
#include <memory>

#include <blkid/blkid.h>
#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace kdumpkit::capture {
namespace {

double seconds_of(clockid_t clock) {
    timespec now{};
    ::clock_gettime(clock, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

std::optional<std::uint64_t> size_of_disk(const std::string& name) {
    const auto text = read_text("/sys/class/block/" + name + "/size", std::size_t{64} << 10);
    if (!text)
        return std::nullopt;
    const auto sectors = parse_number(std::string_view(*text).substr(0, text->find('\n')), 10);
    // Always units of 512 bytes, whatever the disk's own sector is (include/linux/blk_types.h, SECTOR_SIZE).
    return sectors ? std::optional(*sectors * 512) : std::nullopt;
}

} // namespace

Result<> LinuxSystem::mount(const MountRequest& request) {
    if (::mount(request.source.c_str(), request.folder.c_str(), request.type.c_str(), request.flags,
                request.options.empty() ? nullptr : request.options.c_str()) != 0)
        return fail(system_error(
            "mount", fmt::format("{} ({}) at {}", request.source, request.type, request.folder), errno));
    return {};
}

Result<> LinuxSystem::unmount(const std::string& folder) {
    Result<> written;
    if (const auto fd = open_file(folder, O_RDONLY | O_DIRECTORY); fd && ::syncfs(fd->get()) != 0)
        written = fail(system_error("write back", folder, errno).from(ErrorSide::destination));
    if (::umount2(folder.c_str(), 0) != 0) {
        const int first_errno = errno;
        // Something still holds it: at least leave a clean filesystem behind.
        (void)::mount(nullptr, folder.c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr);
        if (::umount2(folder.c_str(), MNT_DETACH) != 0)
            return fail(system_error("unmount", folder, first_errno));
    }
    return written;
}

Result<ModuleOutcome> LinuxSystem::load_module(const std::string& path) {
    KDK_ASSIGN(const Fd fd, open_file(path, O_RDONLY));
    if (::syscall(SYS_finit_module, fd.get(), "", 0) == 0)
        return ModuleOutcome::loaded;
    if (errno == EEXIST)
        return ModuleOutcome::already_there;
    return fail(system_error("load the module", path, errno));
}

std::vector<Disk> LinuxSystem::disks() {
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

std::optional<Filesystem> LinuxSystem::probe(const std::string& disk) {
    std::string path = "/dev/" + disk;
    std::replace(path.begin() + 5, path.end(), '!', '/'); // sysfs writes cciss!c0d0 for cciss/c0d0
    const std::unique_ptr<blkid_struct_probe, void (*)(blkid_probe)> probe(
        ::blkid_new_probe_from_filename(path.c_str()), ::blkid_free_probe);
    if (!probe)
        return std::nullopt;
    ::blkid_probe_enable_superblocks(probe.get(), 1);
    ::blkid_probe_set_superblocks_flags(probe.get(), BLKID_SUBLKS_UUID | BLKID_SUBLKS_TYPE);
    if (::blkid_do_safeprobe(probe.get()) != 0)
        return std::nullopt;
    const char* uuid = nullptr;
    const char* type = nullptr;
    if (::blkid_probe_lookup_value(probe.get(), "UUID", &uuid, nullptr) != 0 ||
        ::blkid_probe_lookup_value(probe.get(), "TYPE", &type, nullptr) != 0)
        return std::nullopt;
    return Filesystem{uuid, type};
}

Result<Space> LinuxSystem::space(const std::string& folder) {
    struct statvfs status {};
    if (::statvfs(folder.c_str(), &status) != 0)
        return fail(system_error("ask for the space of", folder, errno));
    return Space{std::uint64_t{status.f_blocks} * status.f_frsize,
                 std::uint64_t{status.f_bavail} * status.f_frsize, (status.f_flag & ST_RDONLY) != 0};
}

Result<> LinuxSystem::write_at(int fd, std::uint64_t offset, std::span<const std::byte> bytes,
                               const std::string& name) {
    return pwrite_all(fd, offset, bytes, name);
}

Result<> LinuxSystem::sync(int fd, const std::string& name) {
    if (::fsync(fd) != 0)
        return fail(system_error("fsync", name, errno).from(ErrorSide::destination));
    return {};
}

Result<> LinuxSystem::rename(const std::string& from, const std::string& to) {
    if (::rename(from.c_str(), to.c_str()) != 0)
        return fail(system_error("rename into place", to, errno).from(ErrorSide::destination));
    return sync_folder(parent_folder(to));
}

Result<ExitStatus> LinuxSystem::run(const std::vector<std::string>& argv, const ProgramWatch& watch) {
    return run_program(argv, watch);
}

void LinuxSystem::console(std::string_view line) {
    if (!console_.valid()) {
        for (const char* path : {"/dev/console", "/dev/kmsg"}) {
            if (auto fd = open_file(path, O_WRONLY | O_NOCTTY)) {
                console_ = std::move(*fd);
                break;
            }
        }
    }
    // One write for one line: kmsg makes a record of each, and other writers do not get in between.
    const std::string text = fmt::format("{}\n", line);
    if (!console_.valid() || !write_all(console_.get(), as_bytes(text), "the console"))
        (void)write_all(STDERR_FILENO, as_bytes(text), "standard error");
}

Result<> LinuxSystem::act(FinalAction action) {
    // A serial line may still be sending what was said last; a stuck one must not hold us up.
    for (int i = 0; i < 100; ++i) {
        int unsent = 0;
        if (!console_.valid() || ::ioctl(console_.get(), TIOCOUTQ, &unsent) != 0 || unsent == 0)
            break;
        sleep(std::chrono::milliseconds(20));
    }
    // reboot(2) takes an int; RB_HALT_SYSTEM is larger than INT_MAX and meant bit by bit.
    const auto command = static_cast<int>(action == FinalAction::poweroff ? RB_POWER_OFF
                                          : action == FinalAction::halt   ? RB_HALT_SYSTEM
                                                                          : RB_AUTOBOOT);
    if (::reboot(command) != 0)
        return fail(system_error(std::string(to_text(action)), "this machine", errno));
    return {};
}

double LinuxSystem::boot_seconds() {
    alive_();
    return seconds_of(CLOCK_BOOTTIME);
}

std::int64_t LinuxSystem::utc_seconds() {
    return static_cast<std::int64_t>(seconds_of(CLOCK_REALTIME));
}

void LinuxSystem::sleep(std::chrono::milliseconds duration) {
    timespec left{duration.count() / 1000, (duration.count() % 1000) * 1'000'000};
    while (::clock_nanosleep(CLOCK_MONOTONIC, 0, &left, &left) == EINTR) {
    }
}

} // namespace kdumpkit::capture
