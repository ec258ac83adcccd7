// SPDX-License-Identifier: GPL-2.0-or-later
// The keys of kdump-tools(5) of Debian and Ubuntu, and those that its /etc/default/kdump-tools shows.
#include "base/bytes.h"
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

constexpr const char* ftp_login = "/etc/kdumpkit/ftp";

// SERVER:FOLDER, or SERVER alone for its topmost folder.
ImportAnswer ftp(ImportDraft& draft, const std::string& value) {
    const std::size_t colon = value.find(':');
    ImportAnswer answer = go_to(draft, "ftp://" + value.substr(0, colon));
    if (!answer.mapped)
        return answer;
    draft.folder = colon == std::string::npos ? "/" : value.substr(colon + 1);
    if (!draft.folder.starts_with('/'))
        draft.folder.insert(0, "/");
    return answer;
}

bool to_ftp(const ImportDraft& draft) {
    return draft.remote.starts_with("ftp:");
}

ImportAnswer ftp_port(ImportDraft& draft, const std::string& value) {
    const auto number = parse_number(value, 10);
    if (!number || *number < 1 || *number > 65535)
        return {false, fmt::format("{} is no number of a port", value)};
    if (!to_ftp(draft))
        return {true, "no dump goes to an FTP server"};
    draft.port = value;
    return {true, "target's port"};
}

// Neither is printed: what is printed ends in files and journals.
ImportAnswer ftp_secret(ImportDraft& draft, const std::string&) {
    if (!to_ftp(draft))
        return {true, "no dump goes to an FTP server"};
    draft.credentials = ftp_login;
    return {false, fmt::format("write user = NAME and password = PASSWORD into {}, for root alone to read: "
                               "the target has it as credentials=",
                               ftp_login)};
}

// kdump-tools mounts the export over KDUMP_COREDIR: dumps lie in the export itself.
ImportAnswer nfs_export(ImportDraft& draft, const std::string& value) {
    ImportAnswer answer = nfs(draft, value);
    if (answer.mapped)
        draft.folder.clear();
    return answer;
}

template<const char* option>
ImportAnswer mount_option(ImportDraft& draft, const std::string& value) {
    if (!parse_number(value, 10))
        return {false, fmt::format("{} is no number", value)};
    if (!draft.remote.starts_with("nfs:"))
        return {true, "no dump goes to an NFS server"};
    draft.mount_options.push_back(fmt::format("{}={}", option, value));
    return {true, "target's options="};
}
constexpr char timeo[] = "timeo", retrans[] = "retrans";

constexpr std::array<ForeignKey, 27> keys = {{
    {"USE_KDUMP", use},
    {"KDUMP_SYSCTL", nullptr,
     "kdumpkit changes no sysctls; kdumpkit doctor says which make a failure a panic"},
    {"KDUMP_KERNEL", kernel},
    {"KDUMP_INITRD", nullptr, "kdumpkit arm makes an initramfs of its own"},
    {"KDUMP_COREDIR", folder, {}, true},
    {"KDUMP_FAIL_CMD", failure},
    {"KDUMP_DUMP_DMESG", dmesg},
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
    {"NFS", nfs_export, {}, true},
    {"NFS_TIMEO", mount_option<timeo>},
    {"NFS_RETRANS", mount_option<retrans>},
    {"NFS_MOUNT_RETRY", nullptr, own_retry},
    {"FTP", ftp, {}, true},
    {"FTP_USER", ftp_secret},
    {"FTP_PASSWORD", ftp_secret},
    {"FTP_PORT", ftp_port},
    {"KDUMP_NUM_DUMPS", count_of_local},
}};

} // namespace

std::span<const ForeignKey> debian_keys() {
    return keys;
}

} // namespace kdumpkit::foreign
