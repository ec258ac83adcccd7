// SPDX-License-Identifier: GPL-2.0-or-later
// The keys of kdump(5) of openSUSE and SLES, of old and new releases.
#include "base/bytes.h"
#include "base/percent.h"
#include "base/text.h"
#include "config/foreign_key.h"
#include "config/target.h"

#include <algorithm>
#include <array>
#include <sstream>

#include <fmt/format.h>

namespace kdumpkit::foreign {
namespace {

constexpr std::string_view own_transfer = "kdump-capture makes and sends the dump itself";
constexpr std::string_view no_mail = "kdump-capture sends no mail; the next boot's journal has the capture";
constexpr std::string_view no_fadump = "firmware-assisted dump is for POWER machines";

bool is_yes(const std::string& value) {
    return value == "yes" || value == "true" || value == "1";
}

ImportAnswer cpus(ImportDraft& draft, const std::string& value) {
    const auto number = parse_number(value, 10);
    if (value == "1")
        return {true, "one CPU is the default"};
    if (number == 0U)
        return {false, "the capture kernel starts one CPU, or as many as nr_cpus= in capture.append says"};
    if (!number || *number > 4096)
        return {false, fmt::format("{} is no number of CPUs", value)};
    return set(draft, "capture.append", fmt::format("\"nr_cpus={}\"", *number));
}

// The number of CPUs is there already.
ImportAnswer more_words(ImportDraft& draft, const std::string& value) {
    const auto before = draft.values.find("capture.append");
    const std::string earlier =
        before == draft.values.end() ? "" : before->second.substr(1, before->second.size() - 2) + " ";
    return append(draft, earlier + value);
}

ImportAnswer reboot(ImportDraft& draft, const std::string& value) {
    if (is_yes(value))
        return set(draft, "capture.final_action", "\"reboot\"");
    return {false, needs_busybox("capture.final_action")};
}

constexpr const char* login = "/etc/kdumpkit/login";

struct ForeignUrl {
    std::string text;
    bool wants_login = false; // the file `login` has to say the user and the password
};

// [USER[:PASSWORD]@]HOST[:PORT]/PATH after "sftp://" or "ftp://". A password never goes on.
ForeignUrl server_url(const std::string& scheme, const std::string& rest) {
    std::string user, host = rest;
    bool password = false;
    if (const std::size_t at = end_of_user(rest); at != std::string::npos) {
        user = rest.substr(0, at);
        host = rest.substr(at + 1);
        password = user.find(':') != std::string::npos;
        user.resize(std::min(user.find(':'), user.size()));
    }
    const std::size_t slash = std::min(host.find('/'), host.size());
    const bool by_ssh = scheme == "sftp";
    ForeignUrl url;
    url.wants_login = password || (!by_ssh && !user.empty() && user != "anonymous");
    const std::string who = by_ssh ? percent_encoded(user.empty() ? "root" : user) + "@" : "";
    url.text = fmt::format("{}://{}{}{}{}", scheme, who, host.substr(0, slash),
                           percent_encoded(host.substr(slash), "/"),
                           url.wants_login ? fmt::format("?credentials={}", login) : "");
    return url;
}

ForeignUrl own_url(const std::string& theirs) {
    if (theirs.starts_with('/'))
        return {"file://" + percent_encoded(theirs, "/"), false};
    const std::size_t end = theirs.find("://");
    if (end == std::string::npos)
        return {theirs, false};
    std::string scheme = lower_case(theirs.substr(0, end));
    const std::string rest = theirs.substr(end + 3);
    if (scheme == "ssh" || scheme == "scp") // kdump means SFTP by scp: too
        scheme = "sftp";
    if (scheme == "sftp" || scheme == "ftp")
        return server_url(scheme, rest);
    return {fmt::format("{}://{}", scheme == "smb" ? "cifs" : scheme, percent_encoded(rest, "/:@[]")), false};
}

ImportAnswer folders(ImportDraft& draft, const std::string& value) {
    draft.ssh_key = "/root/.ssh/id_ed25519"; // kdump tries each of root's; KDUMP_SSH_IDENTITY names others
    std::istringstream stream(value);
    bool wants_login = false;
    for (std::string theirs; stream >> theirs;) {
        ForeignUrl url = own_url(theirs);
        wants_login = wants_login || url.wants_login;
        draft.urls.push_back(std::move(url.text));
    }
    if (wants_login)
        return {false,
                fmt::format("no password is copied: write user = NAME and password = PASSWORD into {}, for "
                            "root alone to read; the target has it as credentials=",
                            login),
                true};
    return {true,
            draft.urls.size() > 1 ? "targets, one after the other: a dump is not split over them" : "target"};
}

ImportAnswer identity(ImportDraft& draft, const std::string& value) {
    const std::string first = value.substr(0, value.find(' '));
    return ssh_key(draft, first.starts_with('/') ? first : "/root/.ssh/" + first);
}

ImportAnswer keep(ImportDraft& draft, const std::string& value) {
    return count_of_local(draft, value == "-1" ? "1" : value);
}

ImportAnswer level(ImportDraft& draft, const std::string& value) {
    return collector_options(draft, "-d " + value);
}

ImportAnswer format(ImportDraft& draft, const std::string& value) {
    if (value == "raw")
        return set(draft, "dump.method", "\"copy\"");
    if (value == "compressed")
        return set(draft, "dump.compress", "\"zlib\"");
    for (const char* algorithm : {"lzo", "snappy", "zstd"})
        if (value == algorithm)
            return set(draft, "dump.compress", fmt::format("\"{}\"", algorithm));
    return {false, value == "none"
                       ? "a dump is always made; dmesg.txt is saved before it"
                       : fmt::format("the format {} is not made here: dumps are compressed by page", value)};
}

ImportAnswer go_on(ImportDraft&, const std::string& value) {
    if (is_yes(value))
        return {true, "kdump-capture always goes on: the next target, then the failure action"};
    return {false, needs_busybox("capture.failure_action")};
}

ImportAnswer copy_kernel(ImportDraft&, const std::string& value) {
    if (!is_yes(value))
        return {true, "no kernel is copied beside a dump"};
    return {false, "no kernel is copied beside a dump; summary.json has its release and build ID"};
}

constexpr std::array<ForeignKey, 36> keys = {{
    {"KDUMP_KERNELVER", kernel},
    {"KDUMP_CPUS", cpus},
    {"KDUMP_CRASHKERNEL", nullptr, "kdumpkit reserve puts the reservation on the kernel's command line"},
    {"KDUMP_UPDATE_BOOTLOADER", nullptr, "kdumpkit reserve changes the boot loader only when it is told to"},
    {"KDUMP_COMMANDLINE", nullptr, "the capture kernel's command line is made from that of production"},
    {"KDUMP_COMMANDLINE_APPEND", more_words},
    {"KDUMP_AUTO_RESIZE", nullptr, "kdumpkit reserve --shrink gives memory back when it is told to"},
    {"KDUMP_FADUMP", nullptr, no_fadump},
    {"KDUMP_FADUMP_SHELL", nullptr, no_fadump},
    {"FADUMP_COMMANDLINE_APPEND", nullptr, no_fadump},
    {"KEXEC_OPTIONS", nullptr, "kdumpkit load chooses the system call and its arguments"},
    {"MAKEDUMPFILE_OPTIONS", collector_options},
    {"KDUMP_IMMEDIATE_REBOOT", reboot},
    {"KDUMP_TRANSFER", nullptr, own_transfer},
    {"KDUMP_SAVEDIR", folders, {}, true},
    {"KDUMP_KEEP_OLD_DUMPS", keep},
    // retention.free_gib is no counterpart: it removes older dumps.
    {"KDUMP_FREE_DISK_SIZE", nullptr, "a dump that was made stays, however full the disk is after it"},
    {"KDUMP_VERBOSE", nullptr, "kdump-capture's log is complete, and saved with the dump"},
    {"KDUMP_DUMPLEVEL", level},
    {"KDUMP_DUMPFORMAT", format},
    {"KDUMP_CONTINUE_ON_ERROR", go_on},
    {"KDUMP_REQUIRED_PROGRAMS", files},
    {"KDUMP_PRESCRIPT", hook_before},
    {"KDUMP_POSTSCRIPT", hook_after},
    {"KDUMP_COPY_KERNEL", copy_kernel},
    {"KDUMPTOOL_FLAGS", nullptr, "kdumptool does not make the dump"},
    {"KDUMP_NETCONFIG", nullptr, "the network of the running system is what the capture kernel sets up"},
    {"KDUMP_NET_TIMEOUT", nullptr, "give a remote target deadline=SECONDS"},
    {"KDUMP_SMTP_SERVER", nullptr, no_mail},
    {"KDUMP_SMTP_USER", nullptr, no_mail},
    {"KDUMP_SMTP_PASSWORD", nullptr, no_mail},
    {"KDUMP_NOTIFICATION_TO", nullptr, no_mail},
    {"KDUMP_NOTIFICATION_CC", nullptr, no_mail},
    {"KDUMP_SSH_HOST_KEY", nullptr, "write HOST and that key into the file of the target's known_hosts="},
    {"KDUMP_HOST_KEY", nullptr, "write HOST and that key into the file of the target's known_hosts="},
    {"KDUMP_SSH_IDENTITY", identity},
}};

} // namespace

std::span<const ForeignKey> suse_keys() {
    return keys;
}

} // namespace kdumpkit::foreign
