// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "base/firmware_map.h"

#include <string>
#include <string_view>
#include <vector>

namespace kdumpkit {

// A file that the production kernel is started from.
struct ProductionFile {
    std::string path;   // in its filesystem, or inside the initramfs when it is packed; empty: there is none
    std::string sha256; // hexadecimal
    friend bool operator==(const ProductionFile&, const ProductionFile&) = default;
};

// What `kdumpkit build` saw of the kernel that ran, for a capture kernel that is to start it again: the
// capture kernel itself sees only its reservation of the machine.
struct Production {
    // Where it lies inside the capture initramfs.
    static constexpr const char* path = "/etc/kdumpkit/production.toml";
    // Where the two files lie there when their filesystem cannot be brought up.
    static constexpr const char* packed_folder = "/usr/lib/kdumpkit/production";

    std::string release;      // `uname -r`
    std::string command_line; // as it was started with
    std::string boot_cpu;     // "apicid" of its first CPU in /proc/cpuinfo
    bool efi = false;         // it was started by EFI, and must be again
    std::string filesystem;   // the UUID of the one that has both files; empty: they are packed
    std::string filesystem_type;
    ProductionFile kernel, initrd;
    std::vector<FirmwareRange> memory; // what the firmware handed over
    friend bool operator==(const Production&, const Production&) = default;
};

Result<Production> parse_production(std::string_view toml, const std::string& name);
// parse_production(to_toml(p)) == p.
std::string to_toml(const Production& production);

// "apicid" of the first CPU ("processor : 0") in /proc/cpuinfo; empty when it is not there.
std::string boot_cpu_of(std::string_view cpuinfo);

} // namespace kdumpkit
