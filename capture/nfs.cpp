// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/nfs.h"

#include "capture/mounts.h"

#include <cerrno>

#include <fmt/ranges.h>
#include <sys/mount.h>

namespace kdumpkit::capture {
namespace {

// nfs(5) has the options. A server that does not answer for a minute is an error, and not, as by default, a
// reason to wait for ever: another target may do better. Of a connection that is refused the kernel tells at
// once.
constexpr const char* common = "softerr,timeo=150,retrans=2,sec=sys";

std::string options_of(const std::string& version, const Target& target, const HostAddress& host) {
    const char* proto = host.text.find(':') == std::string::npos ? "tcp" : "tcp6";
    std::string options = fmt::format("vers={},addr={},proto={},{}", version, host.text, proto, common);
    if (target.port)
        options += fmt::format(",port={}", *target.port);
    if (version == "3") // locks would need a daemon here; the kernel asks for the mount protocol's port
        options += fmt::format(",nolock,mountvers=3,mountaddr={},mountproto={}", host.text, proto);
    else
        options += ",clientaddr=" + host.own;
    const std::string asked = target.value("options"); // of two, the kernel takes the last
    return options + (asked.empty() ? "" : "," + asked);
}

// The server speaks no such version (RPC_PROG_MISMATCH, NFS4ERR_MINOR_VERS_MISMATCH), or this kernel does
// not.
bool asks_for_another_version(int errno_value) {
    return errno_value == EPROTONOSUPPORT || errno_value == EINVAL || errno_value == EOPNOTSUPP;
}

Result<> check_writable(System& system, const std::string& source, const std::string& folder) {
    const auto space = system.space(folder);
    if (space && !space->read_only)
        return {};
    (void)system.unmount(folder);
    return space ? Result<>(fail(ErrorKind::system, "write to", source, "it is exported read-only"))
                 : Result<>(fail(space.error()));
}

} // namespace

std::vector<NfsMount> nfs_mounts(const Target& target, const HostAddress& host) {
    const std::string asked = target.value("version");
    std::vector<std::string> versions = {asked};
    if (asked.empty())
        versions = {"4.2", "4.1", "4.0", "3"};
    else if (asked == "4")
        versions = {"4.2", "4.1", "4.0"};
    const bool ipv6 = host.text.find(':') != std::string::npos;
    const std::string source =
        fmt::format("{}{}{}:{}", ipv6 ? "[" : "", host.text, ipv6 ? "]" : "", target.path);
    std::vector<NfsMount> mounts;
    for (const std::string& version : versions)
        mounts.push_back({version, source, options_of(version, target, host)});
    return mounts;
}

Result<std::string> mount_nfs(System& system, CaptureLog& log, const Target& target,
                              const std::string& folder) {
    KDK_TRY(make_folders(folder));
    KDK_ASSIGN(const auto hosts, system.resolve(target.host).map_error(blame_destination));
    Error last = make_error(ErrorKind::absent, "find", target.host, "it has no address");
    for (const HostAddress& host : hosts) {
        for (const NfsMount& one : nfs_mounts(target, host)) {
            // The filesystem "nfs4" knows no version 3, and "nfs" all of them.
            const auto mounted = system.mount(
                {one.source, folder, "nfs", MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME, one.options});
            if (mounted) {
                KDK_TRY(check_writable(system, one.source, folder).map_error(blame_destination));
                return one.version;
            }
            last = mounted.error();
            if (!asks_for_another_version(last.errno_value))
                break;
            log.say("{} speaks no NFS {}", one.source, one.version);
        }
    }
    if (last.errno_value == ENODEV)
        last = std::move(last).then("Build the initramfs again: it lacks the nfs module.");
    else if (last.errno_value == ENOENT || last.errno_value == EACCES)
        last = std::move(last).then("Check the server's exports: " + target.path + " for this machine.");
    return fail(blame_destination(std::move(last)));
}

} // namespace kdumpkit::capture
