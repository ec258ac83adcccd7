// SPDX-License-Identifier: GPL-2.0-or-later
#include "config/nfs.h"

#include <cerrno>

#include <fmt/format.h>
#include <sys/mount.h>

namespace kdumpkit {
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

} // namespace

const unsigned long NfsMount::flags = MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME;

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

Result<NfsMount> mount_first(const Target& target, const std::vector<HostAddress>& hosts,
                             const std::function<Result<>(const NfsMount&)>& mount,
                             const std::function<void(const NfsMount&)>& refused) {
    Error last = make_error(ErrorKind::absent, "find", target.host, "it has no address");
    for (const HostAddress& host : hosts) {
        for (const NfsMount& one : nfs_mounts(target, host)) {
            const auto mounted = mount(one);
            if (mounted)
                return one;
            last = mounted.error();
            if (!asks_for_another_version(last.errno_value))
                break;
            refused(one);
        }
    }
    if (last.errno_value == ENOENT || last.errno_value == EACCES)
        last = std::move(last).then("Check the server's exports: " + target.path + " for this machine.");
    return fail(std::move(last).from(ErrorSide::destination));
}

} // namespace kdumpkit
