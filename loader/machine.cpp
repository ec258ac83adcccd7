// SPDX-License-Identifier: GPL-2.0-or-later
#include "loader/machine.h"

#include "base/bytes.h"
#include "base/file.h"

#include <algorithm>
#include <filesystem>

#include <elf.h>
#include <fcntl.h>
#include <sys/utsname.h>
#include <unistd.h>

namespace kdumpkit::loader {

namespace {

constexpr std::size_t largest_text = std::size_t{16} << 20;
constexpr std::uint64_t largest_headers = std::uint64_t{16} << 20;

std::string trimmed(std::string text) {
    while (!text.empty() && (text.back() == '\n' || text.back() == ' ' || text.back() == '\0'))
        text.pop_back();
    return text;
}

// Empty when it is absent or unreadable: what needs it says so.
std::string text_of(const std::string& path) {
    return trimmed(read_text(path, largest_text).value_or(std::string()));
}

std::string first_text_of(const std::string& path, const std::string& older) {
    return file_exists(path) ? text_of(path) : text_of(older);
}

constexpr unsigned cap_sys_boot = 22; // include/uapi/linux/capability.h

bool has_capability(std::string_view status, unsigned number) {
    const std::string_view key = "CapEff:\t";
    const std::size_t at = status.find(key);
    if (at == std::string_view::npos)
        return false;
    return (parse_number(status.substr(at + key.size(), 16), 16).value_or(0) >> number & 1) != 0;
}

// The files of a folder, by name.
std::map<std::string, std::string> texts_in(const std::string& folder) {
    std::map<std::string, std::string> texts;
    std::error_code error;
    for (std::filesystem::directory_iterator it(folder, error), end; !error && it != end; it.increment(error))
        texts.emplace(it->path().filename(), text_of(it->path()));
    return texts;
}

} // namespace

std::vector<std::byte> read_elf_headers(const std::string& path) {
    auto file = open_file(path, O_RDONLY);
    if (!file)
        return {};
    std::vector<std::byte> bytes(sizeof(Elf64_Ehdr));
    if (!pread_exact(file->get(), 0, bytes, path))
        return {};
    const auto elf = ByteReader(bytes).raw<Elf64_Ehdr>(0);
    const std::uint64_t table = elf->e_phoff, size = std::uint64_t{elf->e_phnum} * sizeof(Elf64_Phdr);
    if (table > largest_headers || table + size <= bytes.size())
        return bytes;
    const std::size_t old = bytes.size();
    bytes.resize(table + size);
    if (!pread_exact(file->get(), old, std::span(bytes).subspan(old), path))
        bytes.resize(old);
    return bytes;
}

Result<> require_root(const Machine& machine, const std::string& operation, KexecPurpose purpose) {
    if (machine.privileged)
        return {};
    return fail(make_error(ErrorKind::invalid, operation, std::string(to_text(purpose)), "this needs root")
                    .then("run it with sudo"));
}

Result<Machine> gather_machine(const std::string& root) {
    const std::string base = root == "/" ? "" : root;
    const std::string proc = base + "/proc/", sys = base + "/sys/";
    Machine machine;
    KDK_ASSIGN(machine.iomem, read_text(proc + "iomem", largest_text).map_error([&](Error error) {
        return std::move(error).then(base.empty()
                                         ? "mount /proc, and run this as root"
                                         : "name a folder that holds another machine's proc and sys");
    }));
    machine.command_line = text_of(proc + "cmdline");
    machine.release = text_of(proc + "sys/kernel/osrelease");
    machine.load_disabled = text_of(proc + "sys/kernel/kexec_load_disabled");
    machine.limit_panic = text_of(proc + "sys/kernel/kexec_load_limit_panic");
    machine.limit_reboot = text_of(proc + "sys/kernel/kexec_load_limit_reboot");
    machine.lockdown = text_of(sys + "kernel/security/lockdown");
    machine.vmcoreinfo = text_of(sys + "kernel/vmcoreinfo");
    machine.crash_size = first_text_of(sys + "kernel/kexec/crash_size", sys + "kernel/kexec_crash_size");
    machine.crash_loaded =
        first_text_of(sys + "kernel/kexec/crash_loaded", sys + "kernel/kexec_crash_loaded");
    machine.reboot_loaded = first_text_of(sys + "kernel/kexec/loaded", sys + "kernel/kexec_loaded");
    machine.elfcorehdr_size =
        first_text_of(sys + "kernel/kexec/crash_elfcorehdr_size", sys + "kernel/crash_elfcorehdr_size");
    machine.crash_cma_ranges = text_of(sys + "kernel/kexec/crash_cma_ranges");

    const std::string cpus = sys + "devices/system/cpu";
    for (const unsigned number : numbered_entries(cpus, "cpu")) {
        const std::string folder = cpus + "/cpu" + std::to_string(number);
        machine.cpus.push_back(
            {number, text_of(folder + "/crash_notes"), text_of(folder + "/crash_notes_size")});
    }
    machine.firmware_memmap = read_firmware_map(base + "/sys");
    const std::string efi = sys + "firmware/efi";
    machine.efi_systab = text_of(efi + "/systab");
    machine.efi_fw_vendor = text_of(efi + "/fw_vendor");
    machine.efi_config_table = text_of(efi + "/config_table");
    for (const unsigned number : numbered_entries(efi + "/runtime-map", "")) {
        const std::string folder = efi + "/runtime-map/" + std::to_string(number);
        machine.efi_runtime_map.push_back({text_of(folder + "/type"), text_of(folder + "/phys_addr"),
                                           text_of(folder + "/virt_addr"), text_of(folder + "/num_pages"),
                                           text_of(folder + "/attribute")});
    }
    machine.ramoops = texts_in(sys + "module/ramoops/parameters");
    machine.boot_params =
        read_file(sys + "kernel/boot_params/data", 65536).value_or(std::vector<std::byte>());
    machine.kcore = read_elf_headers(proc + "kcore");
    utsname names{};
    if (::uname(&names) == 0)
        machine.architecture = names.machine;
    machine.privileged = ::geteuid() == 0;
    machine.may_boot = has_capability(text_of(proc + "self/status"), cap_sys_boot);
    machine.has_systemd = file_exists(base + "/run/systemd/system");
    return machine;
}

} // namespace kdumpkit::loader
