// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/freeze_production.h"

#include "base/bytes.h"
#include "base/file.h"
#include "base/file_digest.h"
#include "initramfs/strip.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace kdumpkit::initramfs {
namespace {

constexpr const char* boot_folder = "/boot";
// ramdisk_size of the zero page (Documentation/arch/x86/zero-page.rst).
constexpr std::size_t ramdisk_size_at = 0x21c;

Failure impossible(ErrorKind kind, std::string object, std::string reason) {
    return fail(make_error(kind, "prepare a kexec into", std::move(object), std::move(reason)));
}

std::string text_of(const std::string& path) {
    const std::string text = read_text(path).value_or(std::string());
    return text.substr(0, text.find('\n'));
}

Result<std::uint64_t> take_digest(ProductionFile& file, const std::string& path) {
    KDK_ASSIGN(const FileDigest digest, digest_file(path));
    file.sha256 = to_hex(digest.sha256);
    return digest.bytes;
}

Result<> pack_file(FrozenProduction& frozen, ProductionFile& file, const std::string& from) {
    KDK_ASSIGN(auto content, read_file(from));
    file.path = fmt::format("{}{}", Production::packed_folder, file.path.substr(file.path.rfind('/')));
    frozen.files.push_back({file.path, std::move(content), 0600});
    return {};
}

bool had_initrd(const std::string& sysfs) {
    const auto params = read_file(sysfs + "/kernel/boot_params/data", 65536);
    return params && ByteReader(*params).u32(ramdisk_size_at).value_or(0) != 0;
}

// From the filesystem that has them, as a target's: by its UUID, whatever the disk is called then.
Result<> find_on_disk(FrozenProduction& frozen, const Surroundings& around) {
    KDK_ASSIGN(FrozenTarget found, freeze_target(file_target(boot_folder), around));
    Production& production = frozen.production;
    production.filesystem = found.target.uuid();
    production.filesystem_type = found.target.value("type");
    const std::string folder = found.target.path == "/" ? "" : found.target.path;
    for (ProductionFile* file : {&production.kernel, &production.initrd})
        if (!file->path.empty())
            file->path = folder + file->path;
    frozen.drivers = std::move(found.drivers);
    return {};
}

} // namespace

Result<ProductionNames> production_names(const std::string& release, const std::vector<std::string>& names) {
    const auto first = [&](std::initializer_list<std::string> candidates) {
        for (const std::string& name : candidates)
            if (std::find(names.begin(), names.end(), name) != names.end())
                return name;
        return std::string();
    };
    ProductionNames found{first({"vmlinuz-" + release, "vmlinux-" + release}),
                          first({"initrd.img-" + release, "initramfs-" + release + ".img",
                                 "initrd-" + release, "initramfs-linux-" + release + ".img"})};
    if (found.kernel.empty())
        return impossible(ErrorKind::absent, release,
                          fmt::format("{} has no vmlinuz-{}", boot_folder, release));
    return found;
}

Result<FrozenProduction> freeze_production(const Surroundings& around) {
    FrozenProduction frozen;
    Production& production = frozen.production;
    if (!around.running_system)
        return impossible(ErrorKind::invalid, "another root",
                          "it is the running kernel that is started again");
    production.release = text_of("/proc/sys/kernel/osrelease");
    production.command_line = text_of("/proc/cmdline");
    production.boot_cpu = boot_cpu_of(read_text("/proc/cpuinfo").value_or(std::string()));
    production.efi = file_exists(around.sysfs + "/firmware/efi");
    production.memory = read_firmware_map(around.sysfs);
    if (production.memory.empty())
        return impossible(ErrorKind::unsupported, production.release,
                          "it does not show the firmware's memory map (CONFIG_FIRMWARE_MEMMAP)");
    if (production.boot_cpu.empty())
        return impossible(ErrorKind::absent, production.release, "/proc/cpuinfo does not name its first CPU");
    if (const std::string lockdown = text_of(around.sysfs + "/kernel/security/lockdown");
        !lockdown.empty() && lockdown.find("[none]") == std::string::npos)
        return impossible(ErrorKind::unsupported, production.release,
                          "the kernel is locked down, and permits no memory map of ours");
    KDK_ASSIGN(const ProductionNames names,
               production_names(production.release, Root("").names(boot_folder)));
    const std::string folder = fmt::format("{}/", boot_folder);
    production.kernel.path = "/" + names.kernel;
    KDK_ASSIGN(frozen.bytes, take_digest(production.kernel, folder + names.kernel));
    if (names.initrd.empty() && had_initrd(around.sysfs))
        return impossible(ErrorKind::absent, production.release,
                          fmt::format("it was started with an initrd, which {} does not have under a name of "
                                      "its release",
                                      boot_folder));
    if (!names.initrd.empty()) {
        production.initrd.path = "/" + names.initrd;
        KDK_ASSIGN(const std::uint64_t more, take_digest(production.initrd, folder + names.initrd));
        frozen.bytes += more;
    }
    const auto on_disk = find_on_disk(frozen, around);
    if (on_disk)
        return frozen;
    KDK_TRY(pack_file(frozen, production.kernel, folder + names.kernel));
    if (!names.initrd.empty())
        KDK_TRY(pack_file(frozen, production.initrd, folder + names.initrd));
    frozen.warning = fmt::format("the production kernel and its initrd are packed, {:.1f} MiB: {}",
                                 static_cast<double>(frozen.bytes) / (1 << 20), on_disk.error().message());
    return frozen;
}

Result<Extras> collect_kexec(const CapturePrograms& programs, FrozenProduction& frozen) {
    Extras extras;
    extras.files = std::exchange(frozen.files, {});
    KDK_ASSIGN(Program loader, find_program(programs.libraries, {programs.supervisor.folder}, "kdump-kexec"));
    extras.files.push_back({"/usr/bin/kdump-kexec", strip(loader.content), 0755});
    extras.programs.push_back(std::move(loader));
    return extras;
}

} // namespace kdumpkit::initramfs
