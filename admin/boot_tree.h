// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace kdumpkit::admin {

// The files of a system that matter to boot loaders: their texts by their paths, and which folders, programs
// and unified kernel images (kernels that carry their command line) there are; `unread`: files without a
// text.
struct BootTree {
    std::map<std::string, std::string> files;
    std::set<std::string> folders = {}, programs = {}, unified = {}, unread = {};

    [[nodiscard]] const std::string* file(const std::string& path) const {
        const auto found = files.find(path);
        return found == files.end() ? nullptr : &found->second;
    }
    // The entries of the Boot Loader Specification among the files.
    [[nodiscard]] std::vector<std::string> entries() const;
};
// Reads them below `root` ("" for the running system).
BootTree read_boot_tree(const std::string& root);
// Whether `path` is where an entry of the Boot Loader Specification is.
bool is_boot_entry(const std::string& path);

namespace boot_paths {
inline constexpr const char* grub_defaults = "/etc/default/grub";
inline constexpr const char* grub_folder = "/etc/default/grub.d";
inline constexpr const char* grub_dropin = "/etc/default/grub.d/kdumpkit.cfg";
inline constexpr const char* kernel_cmdline = "/etc/kernel/cmdline"; // kernel-install(8): for kernels to come
inline constexpr const char* u_boot_menu = "/etc/default/u-boot";    // u-boot-menu's, makes extlinux.conf
inline constexpr const char* u_boot_parameters = "U_BOOT_PARAMETERS"; // in it
inline constexpr std::array extlinux = {"/boot/extlinux/extlinux.conf", "/extlinux/extlinux.conf"};
// Where type 1 entries are: on XBOOTLDR or the ESP.
inline constexpr std::array entries = {"/boot/loader/entries", "/efi/loader/entries",
                                       "/boot/efi/loader/entries"};
} // namespace boot_paths

} // namespace kdumpkit::admin
