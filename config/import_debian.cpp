// SPDX-License-Identifier: GPL-2.0-or-later
// The keys of kdump-tools(5) of Debian and Ubuntu, and those that its /etc/default/kdump-tools shows.
#include "config/foreign_key.h"

#include <array>

#include <fmt/format.h>

namespace kdumpkit::foreign {
namespace {

constexpr std::string_view own_retry = "kdump-send has its own retries";

ImportAnswer use(ImportDraft&, const std::string& value) {
    return {true, value == "0" ? "it was off: kdumpkit setup decides whether kdumpkit is on"
                               : "kdumpkit setup arms at each boot"};
}

ImportAnswer folder(ImportDraft& draft, const std::string& value) {
    draft.folder = value;
    return {true, "target"};
}

ImportAnswer failure(ImportDraft& draft, const std::string& value) {
    if (value == "reboot -f" || value == "reboot")
        return set(draft, "capture.failure_action", "\"reboot\"");
    return {false,
            fmt::format("the capture kernel runs no command such as \"{}\": it reboots, powers off or halts",
                        value)};
}

ImportAnswer dmesg(ImportDraft&, const std::string& value) {
    if (value == "1")
        return {true, "dmesg.txt is always saved, and first"};
    return {false, "dmesg.txt is always saved, and first"};
}

ImportAnswer host_tag(ImportDraft&, const std::string& value) {
    if (value == "hostname" || value == "host")
        return {true, "the machine's name is part of the dump's folder"};
    return {false, "the dump's folder has the machine's name, not its address"};
}

ImportAnswer ftp(ImportDraft& draft, const std::string& value) {
    const std::size_t colon = value.find(':');
    draft.remote = "ftp://" + value.substr(0, colon);
    if (colon != std::string::npos)
        draft.folder = value.substr(colon + 1);
    return {true, "target"};
}

constexpr std::array<ForeignKey, 26> keys = {{
    {"USE_KDUMP", use},
    {"KDUMP_SYSCTL", nullptr,
     "kdumpkit changes no sysctls; kdumpkit doctor says which make a failure a panic"},
    {"KDUMP_KERNEL", kernel},
    {"KDUMP_INITRD", nullptr, "kdumpkit arm makes an initramfs of its own"},
    {"KDUMP_COREDIR", folder, {}, true},
    {"KDUMP_FAIL_CMD", failure},
    {"KDUMP_DUMP_DMESG", dmesg},
    {"KDUMP_NUM_DUMPS", count},
    {"KDUMP_COMPRESSION", nullptr,
     "it packs the initramfs of kdump-tools; kdumpkit takes what the kernel unpacks"},
    {"MAKEDUMP_ARGS", collector_options},
    {"KDUMP_KEXEC_ARGS", nullptr, "kdumpkit load chooses the system call and its arguments"},
    {"KDUMP_CMDLINE", nullptr, "the capture kernel's command line is made from that of production"},
    {"KDUMP_CMDLINE_APPEND", append},
    {"DEBUG_KERNEL", nullptr, "the collector finds the kernel's layout itself"},
    {"SSH", ssh, {}, true},
    {"SSH_KEY", ssh_key},
    {"SSH_KDUMP_RETRY", nullptr, own_retry},
    {"SSH_KDUMP_INTERVAL", nullptr, own_retry},
    {"HOSTTAG", host_tag},
    {"NFS", nfs, {}, true},
    {"NFS_TIMEO", nullptr, "give it as options=timeo=… in an nfs target"},
    {"NFS_RETRANS", nullptr, "give it as options=retrans=… in an nfs target"},
    {"FTP", ftp, {}, true},
    {"FTP_USER", nullptr,
     "write the user and the password into a file, and its name as credentials= into the target"},
    {"FTP_PASSWORD", nullptr,
     "write the user and the password into a file, and its name as credentials= into the target"},
    {"FTP_PORT", nullptr, "write it into the target: ftp://HOST:PORT/FOLDER"},
}};

} // namespace

std::span<const ForeignKey> debian_keys() {
    return keys;
}

} // namespace kdumpkit::foreign
