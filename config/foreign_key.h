// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kdumpkit {

// The settings in the making, while the keys of a foreign file are read one after the other.
struct ImportDraft {
    std::map<std::string, std::string> values; // full name of our key to its value in TOML
    std::vector<std::string> modules;

    // Where the dump goes, put together at the end: from `remote` or `device` with `folder`, or `urls` as
    // they are.
    std::string folder = "/var/crash"; // empty: the remote says all
    std::string device;                // "UUID=…", or what the machine has to be asked about ("LABEL=…")
    std::string type;                  // of its filesystem
    std::string remote;                // "nfs://server/export", "sftp://user@host", "raw:/dev/vdb1"
    std::string port;                  // of `remote`
    std::vector<std::string> urls;     // more than one, without what logs in by ssh
    std::string ssh_key = "/root/.ssh/kdump_id_rsa"; // of every sftp target that names none
    std::string credentials;                         // of `remote`: a file that the admin has to write
    std::vector<std::string> mount_options;          // of an nfs target
    bool fall_back_to_root = false;

    [[nodiscard]] bool has_target() const { return !device.empty() || !remote.empty() || !urls.empty(); }
    // Some target is not a folder of this machine.
    [[nodiscard]] bool is_remote() const;
};

// What a key becomes: what is said about it, and whether it is taken over.
struct ImportAnswer {
    bool mapped = false;
    std::string text;
    // The target is taken over, though something is left to do for it.
    bool target_stays = false;
};

// One documented key of a foreign format.
struct ForeignKey {
    std::string_view name;
    // Puts the value into the draft; nullptr for a key that has no counterpart, and then `why` says so.
    ImportAnswer (*take)(ImportDraft& draft, const std::string& value) = nullptr;
    std::string_view why = {};
    // Without it a dump goes somewhere else.
    bool names_target = false;
};

// What several formats have in common.
namespace foreign {
ImportAnswer set(ImportDraft& draft, const char* key, std::string toml);
// makedumpfile's options: -d, -c, -l, -p, -z.
ImportAnswer collector_options(ImportDraft& draft, const std::string& options);
// Parameters for the capture kernel, without those that are kdumpkit's defaults.
ImportAnswer append(ImportDraft& draft, const std::string& words);
// Why an action that is a shell is not taken over by itself: without busybox the machine could not be armed.
std::string needs_busybox(const char* key);
ImportAnswer final_action(ImportDraft& draft, const char* key, const std::string& value);
ImportAnswer count(ImportDraft& draft, const std::string& value);
// The same of a kdump that removes only what lies on this machine's disks.
ImportAnswer count_of_local(ImportDraft& draft, const std::string& value);
// A program that runs before, or after, the capture.
ImportAnswer hook_before(ImportDraft& draft, const std::string& program);
ImportAnswer hook_after(ImportDraft& draft, const std::string& program);
// Programs and other files for the initramfs.
ImportAnswer files(ImportDraft& draft, const std::string& paths);
inline constexpr std::string_view two_targets =
    "another place is named besides: write both into target, as a list";
// Where the dump goes, unless the file said that before.
ImportAnswer go_to(ImportDraft& draft, std::string remote, std::string_view text = "target");
// "server:/export".
ImportAnswer nfs(ImportDraft& draft, const std::string& value);
// "user@host".
ImportAnswer ssh(ImportDraft& draft, const std::string& value);
ImportAnswer ssh_key(ImportDraft& draft, const std::string& value);
ImportAnswer kernel(ImportDraft& draft, const std::string& value);

// The tables, one a format. Keys are taken in the order of their table, whatever that of the file: a key that
// looks at what another one said comes after it.
std::span<const ForeignKey> rhel_conf_keys();
std::span<const ForeignKey> rhel_sysconfig_keys();
std::span<const ForeignKey> debian_keys();
std::span<const ForeignKey> suse_keys();
} // namespace foreign

} // namespace kdumpkit
