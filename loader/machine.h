// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "base/firmware_map.h"
#include "base/range.h"
#include "loader/kexec.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace kdumpkit::loader {

// What the running kernel says of itself, as it says it: texts and bytes of /proc and /sys, gathered once.
// Everything that decides works on this value. An absent file is an empty text.
struct Machine {
    struct Cpu {
        unsigned number = 0;
        std::string crash_notes;      // hexadecimal physical address
        std::string crash_notes_size; // decimal bytes
    };
    struct EfiMapping {
        std::string type, phys_addr, virt_addr, num_pages, attribute; // /sys/firmware/efi/runtime-map/N/*
    };

    std::string architecture;  // `uname -m`
    std::string iomem;         // /proc/iomem
    std::string command_line;  // /proc/cmdline
    std::string release;       // /proc/sys/kernel/osrelease
    std::string lockdown;      // /sys/kernel/security/lockdown: "[none] integrity confidentiality"
    std::string load_disabled; // /proc/sys/kernel/kexec_load_disabled
    // How many more loads each call permits, -1 without limit; since Linux 6.3.
    std::string limit_panic;  // /proc/sys/kernel/kexec_load_limit_panic
    std::string limit_reboot; // /proc/sys/kernel/kexec_load_limit_reboot
    std::string vmcoreinfo;   // /sys/kernel/vmcoreinfo: "3e2f1000 1024", both hexadecimal
    std::string
        crash_size; // bytes; /sys/kernel/kexec/crash_size since 6.19, before /sys/kernel/kexec_crash_size
    std::string crash_loaded;  // "0" or "1"; likewise
    std::string reboot_loaded; // "0" or "1": a kernel for a reboot; kexec/loaded, before kexec_loaded
    std::string
        elfcorehdr_size; // bytes, likewise: room for the ELF core header when CPUs and memory come and go
    std::string crash_cma_ranges; // since 6.19: "BEGIN-END" lines of reservations by crashkernel=...,cma
    std::vector<Cpu> cpus;        // ascending by number
    std::vector<FirmwareRange> firmware_memmap;  // empty without CONFIG_FIRMWARE_MEMMAP
    std::vector<std::byte> boot_params;          // /sys/kernel/boot_params/data, 4096 bytes
    std::vector<std::byte> kcore;                // ELF header and program headers of /proc/kcore
    std::string efi_systab;                      // /sys/firmware/efi/systab: "ACPI20=0x..." lines
    std::string efi_fw_vendor, efi_config_table; // /sys/firmware/efi/*: hexadecimal physical addresses
    std::vector<EfiMapping> efi_runtime_map;
    std::map<std::string, std::string> ramoops; // /sys/module/ramoops/parameters/*: what pstore keeps where
    bool privileged = false;                    // effective uid 0
    bool may_boot = false;                      // CAP_SYS_BOOT is effective, what the kernel asks for
    bool has_systemd = false;                   // it is the service manager (sd_booted(3))

    [[nodiscard]] const std::string& loaded(KexecPurpose purpose) const {
        return purpose == KexecPurpose::capture ? crash_loaded : reboot_loaded;
    }
};

// `invalid` for a process without root. `operation` is a verb.
Result<> require_root(const Machine& machine, const std::string& operation, KexecPurpose purpose);

// Reads below `root` ("/" for the running machine; a copy of another machine's /proc and /sys otherwise).
// Only an unreadable /proc/iomem is an error.
Result<Machine> gather_machine(const std::string& root);

// The ELF header and the program headers of a file as large as memory (/proc/kcore, /proc/vmcore), and
// nothing of what follows them; empty when it cannot be read.
std::vector<std::byte> read_elf_headers(const std::string& path);

} // namespace kdumpkit::loader
